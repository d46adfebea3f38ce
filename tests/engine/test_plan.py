"""The planner's one answer to each situation."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.engine.actions import Verb
from app.engine.match import Matched
from app.engine.plan import Action, Situation, plan
from app.engine.records import Agreed, Link, Presence, State, System
from app.errors import ConditionFailed
from app.mapping.converters import REGISTRY
from app.mapping.expressions import compile_condition
from app.mapping.model import CreateRule, Direction, Mapping, OnConflict, OnDelete
from app.mapping.values import Fields
from tests.support.records import account, at, contact, link, state
from tests.support.world import accounts_sync

MAPPING = accounts_sync().mappings["customers"]
BASE = {rule.name: Agreed(None, None) for rule in MAPPING.fields} | {"Name:Name": Agreed("Ridgeway", "Ridgeway")}
LINK = link(account(), contact(), BASE)
HERE: Fields = {"Name": "Ridgeway", "Phone": None, "Email__c": None}
THERE: Fields = {"Name": "Ridgeway", "Phones": [], "EmailAddress": ""}


def situation(
    here: Fields | None = HERE,
    there: Fields | None = THERE,
    tie: Link | None = LINK,
    mapping: Mapping = MAPPING,
    *,
    presences: tuple[Presence, Presence] = (Presence.LIVE, Presence.LIVE),
    matched: Matched | None = None,
) -> Situation:
    salesforce = None if here is None else state(account(), fields=here, presence=presences[0])
    xero = None if there is None else state(contact(), fields=there, presence=presences[1])
    return Situation(mapping, salesforce, xero, tie, matched or Matched())


def alone(mapping: Mapping = MAPPING, fields: Fields = HERE, matched: Matched | None = None) -> Situation:
    return situation(fields, None, None, mapping, matched=matched)


def test_a_pair_in_step_needs_nothing() -> None:
    assert plan(situation()).action is Action.NOTHING


def test_edits_on_both_sides_are_two_writes_with_only_what_changes() -> None:
    made = plan(situation({**HERE, "Phone": "03 111"}, {**THERE, "EmailAddress": "a@ridgeway.example"}))
    assert made.action is Action.UPDATE
    to_xero, to_salesforce = made.writes
    assert (to_xero.target, set(to_xero.element.fields)) == (System.XERO, {"Phones"})
    assert (to_salesforce.target, dict(to_salesforce.element.fields)) == (
        System.SALESFORCE,
        {"Email__c": "a@ridgeway.example"},
    )
    assert to_xero.carries == {"Phone:Phones.DEFAULT": Agreed("03 111", "03 111")}


def test_a_write_in_doubt_is_waited_for() -> None:
    made = plan(replace(situation(), in_doubt_until=at(60)))
    assert (made.action, made.look_at, made.writes) == (Action.WAIT, at(60), ())


@pytest.mark.parametrize("ticked", [False, None])
def test_an_account_that_is_not_opted_in_is_filtered(ticked: bool | None) -> None:
    mapping = replace(MAPPING, opt_in="Sync__c")
    assert plan(situation({**HERE, "Phone": "1", "Sync__c": ticked}, mapping=mapping)).action is Action.FILTERED
    assert plan(situation({**HERE, "Phone": "1", "Sync__c": True}, mapping=mapping)).action is Action.UPDATE


def test_a_new_account_is_created_in_xero_under_its_own_id() -> None:
    made = plan(alone(fields={**HERE, "Phone": "03 111"}))
    (write,) = made.writes
    assert (made.action, write.target, write.verb) == (Action.CREATE, System.XERO, Verb.CREATE)
    assert (write.element.id, write.element.key_field, write.element.key) == (None, "ContactNumber", account().id)
    assert set(write.carries) == {"Name:Name", "Phone:Phones.DEFAULT"}


def test_a_new_contact_is_created_in_salesforce_with_fixed_values() -> None:
    mapping = replace(MAPPING, create_in_salesforce=CreateRule(set={"Type": "Customer"}))
    (write,) = plan(situation(None, THERE, None, mapping)).writes
    assert write.element.fields == {"Name": "Ridgeway", "Type": "Customer"}
    assert (write.element.key_field, write.element.key) == ("Xero_Contact_Id__c", contact().id)


def test_a_field_that_may_not_travel_is_not_part_of_a_create() -> None:
    one_way = tuple(
        replace(rule, direction=Direction.TO_SALESFORCE) if rule.salesforce.path == "Phone" else rule
        for rule in MAPPING.fields
    )
    (write,) = plan(alone(replace(MAPPING, fields=one_way), {**HERE, "Phone": "03 111"})).writes
    assert set(write.element.fields) == {"Name"}


@pytest.mark.parametrize(
    "forbid",
    [
        lambda mapping: replace(mapping, create_in_xero=None),
        lambda mapping: replace(mapping, direction=Direction.TO_SALESFORCE),
        lambda mapping: replace(
            mapping, create_in_xero=CreateRule(when=compile_condition('salesforce.Type == "Customer"'))
        ),
    ],
    ids=["not declared", "wrong way", "condition not met"],
)
def test_nothing_is_created_where_the_mapping_does_not_say_so(forbid: Callable[[Mapping], Mapping]) -> None:
    assert plan(alone(forbid(MAPPING))).action is Action.FILTERED


def test_candidates_are_a_question_and_no_create() -> None:
    made = plan(alone(matched=Matched(by="Name", candidates=(contact(1), contact(2)))))
    assert (made.action, made.writes) == (Action.QUESTION, ())
    assert [ask.topic for ask in made.questions] == ["ambiguous"]


def test_one_whose_counterpart_is_gone_is_a_question_only_where_another_would_be_created() -> None:
    ended = Matched(gone=contact(9))
    asked = plan(alone(matched=ended))
    assert (asked.action, [ask.topic for ask in asked.questions]) == (Action.QUESTION, ["ended"])
    assert asked.questions[0].other == contact(9)
    assert plan(alone(replace(MAPPING, create_in_xero=None), matched=ended)).action is Action.FILTERED


@pytest.mark.parametrize(("policy", "action"), [(OnDelete.ARCHIVE, Action.ARCHIVE), (OnDelete.IGNORE, Action.FILTERED)])
def test_one_that_a_person_says_has_ended_with_its_counterpart_is_tied_and_follows_the_policy(
    policy: OnDelete, action: Action
) -> None:
    deleted, mapping = (Presence.DELETED, Presence.LIVE), replace(MAPPING, on_delete=policy)
    matched = Matched(account(), gone=account())
    made = plan(situation(tie=None, mapping=mapping, presences=deleted, matched=matched))
    assert (made.action, made.link) == (action, True)


def test_records_that_were_matched_are_linked_and_brought_in_step() -> None:
    made = plan(situation({**HERE, "Phone": "03 111"}, tie=None, matched=Matched(contact(), "Name")))
    assert made.link
    assert [write.target for write in made.writes] == [System.XERO]


def test_a_conflict_for_a_person_stops_its_field_alone() -> None:
    rules = tuple(replace(rule, on_conflict=OnConflict.ASK) for rule in MAPPING.fields)
    here = {**HERE, "Phone": "here", "Email__c": "a@ridgeway.example"}
    there = {**THERE, "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "there"}]}
    made = plan(situation(here, there, mapping=replace(MAPPING, fields=rules)))
    assert [set(write.element.fields) for write in made.writes] == [{"EmailAddress"}]
    assert [ask.topic for ask in made.questions] == ["conflict:Phone:Phones.DEFAULT"]


def test_a_deleted_account_archives_its_contact() -> None:
    made = plan(situation(presences=(Presence.DELETED, Presence.LIVE)))
    (write,) = made.writes
    assert (made.action, write.target, write.verb) == (Action.ARCHIVE, System.XERO, Verb.ARCHIVE)


def test_an_archived_contact_leaves_its_account_alone() -> None:
    made = plan(situation(presences=(Presence.LIVE, Presence.ARCHIVED)))
    assert (made.action, made.writes) == (Action.FILTERED, ())


@pytest.mark.parametrize(("policy", "action"), [(OnDelete.IGNORE, Action.FILTERED), (OnDelete.ASK, Action.QUESTION)])
def test_deletion_follows_its_policy(policy: OnDelete, action: Action) -> None:
    mapping = replace(MAPPING, on_delete=policy)
    made = plan(situation(mapping=mapping, presences=(Presence.DELETED, Presence.LIVE)))
    assert (made.action, made.writes) == (action, ())


def test_a_deletion_does_not_sweep_away_an_edit() -> None:
    edited = {**THERE, "EmailAddress": "new@ridgeway.example"}
    made = plan(situation(there=edited, presences=(Presence.DELETED, Presence.LIVE)))
    assert (made.action, made.writes) == (Action.QUESTION, ())


@pytest.mark.parametrize(
    "presences",
    [(Presence.INVISIBLE, Presence.LIVE), (Presence.LIVE, Presence.INVISIBLE), (Presence.INVISIBLE, Presence.ARCHIVED)],
)
def test_a_record_out_of_sight_is_a_question_and_no_deletion(presences: tuple[Presence, Presence]) -> None:
    made = plan(situation(presences=presences))
    assert (made.action, made.writes) == (Action.QUESTION, ())


@pytest.mark.parametrize("presence", [Presence.DELETED, Presence.INVISIBLE, Presence.ARCHIVED])
def test_a_record_that_went_before_it_was_linked_is_nobody_s_business(presence: Presence) -> None:
    gone: State = state(account(), fields=HERE, presence=presence)
    assert plan(Situation(MAPPING, gone, None)).action is Action.FILTERED


def test_gone_on_both_sides_is_in_step() -> None:
    assert plan(situation(presences=(Presence.DELETED, Presence.ARCHIVED))).action is Action.NOTHING


def test_a_change_tells_before_after_and_the_rule_that_decided() -> None:
    (write,) = plan(situation({**HERE, "Phone": "03 111"})).writes
    assert write.changes == {
        "Phone:Phones.DEFAULT": {
            "target": "xero",
            "before": None,
            "after": "03 111",
            "rule": "edited in salesforce",
            "conflict": False,
        }
    }


def test_rules_that_share_a_list_are_written_as_one_list() -> None:
    fax = replace(
        next(rule for rule in MAPPING.fields if rule.salesforce.path == "Phone"),
        name="Fax:Phones.FAX",
        salesforce=REGISTRY["salesforce.Account.Fax"],
        xero=REGISTRY["xero.Contact.Phones.FAX"],
    )
    mapping = replace(MAPPING, fields=(*MAPPING.fields, fax))
    (write,) = plan(situation({**HERE, "Phone": "03 111", "Fax": "03 222"}, mapping=mapping)).writes
    numbers = write.element.fields["Phones"]
    assert isinstance(numbers, list)
    assert [(entry["PhoneType"], entry["PhoneNumber"]) for entry in numbers] == [
        ("DEFAULT", "03 111"),
        ("FAX", "03 222"),
    ]


def test_what_both_entered_alike_is_learned_without_a_write() -> None:
    made = plan(situation({**HERE, "Email__c": "a@b.example"}, {**THERE, "EmailAddress": "a@b.example"}))
    assert (made.action, made.writes) == (Action.NOTHING, ())
    assert made.agreed == {"Email__c:EmailAddress": Agreed("a@b.example", "a@b.example")}


def test_matched_records_that_mean_the_same_are_only_tied() -> None:
    made = plan(situation(tie=None, matched=Matched(contact(), "Name")))
    assert (made.action, made.link, made.writes, made.agreed) == (Action.NOTHING, True, (), BASE)


def test_a_match_whose_other_side_is_gone_is_not_tied() -> None:
    archived = (Presence.LIVE, Presence.ARCHIVED)
    made = plan(situation(tie=None, presences=archived, matched=Matched(contact(), "Name")))
    assert (made.action, made.link) == (Action.FILTERED, False)


def test_a_contact_is_not_tied_to_an_account_that_is_kept_out() -> None:
    mapping = replace(MAPPING, opt_in="Sync__c")
    made = plan(situation(tie=None, mapping=mapping, matched=Matched(contact(), "Name")))
    assert (made.action, made.link) == (Action.FILTERED, False)


def test_a_mapping_to_salesforce_only_archives_nothing_in_xero() -> None:
    mapping = replace(MAPPING, direction=Direction.TO_SALESFORCE)
    made = plan(situation(mapping=mapping, presences=(Presence.DELETED, Presence.LIVE)))
    assert (made.action, made.writes) == (Action.FILTERED, ())


class Unanswerable:
    """A condition that has no answer for any record."""

    source = "salesforce.Type"

    def fields(self, system: System) -> frozenset[str]:
        return frozenset()

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        raise ConditionFailed(self.source)


def test_a_condition_without_an_answer_is_never_taken_for_false() -> None:
    with pytest.raises(ConditionFailed):
        plan(alone(replace(MAPPING, create_in_xero=CreateRule(Unanswerable()))))
