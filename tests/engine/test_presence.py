"""Whether the records of a pair are there, against what was agreed."""

from dataclasses import replace

import pytest

from app.engine.actions import Verb
from app.engine.ledger import Decision, Take
from app.engine.plan import Action, Plan, Situation, plan
from app.engine.presence import PRESENCE
from app.engine.records import Agreed, Presence
from app.mapping.model import Direction, Mapping, OnDelete, OnOptOut
from tests.support.customers import CUSTOMERS, IN_STEP, in_salesforce, in_xero, tied
from tests.support.records import account, contact

LIVE, ARCHIVED, DELETED = Presence.LIVE, Presence.ARCHIVED, Presence.DELETED
OPT_IN = replace(CUSTOMERS, opt_in="Sync__c", on_opt_out=OnOptOut.ARCHIVE)


def planned(
    here: Presence,
    there: Presence,
    was: tuple[str, str] | Agreed | None = None,
    mapping: Mapping = CUSTOMERS,
    *,
    ticked: bool = True,
    email: str = "a@ridgeway.example",
    decision: Decision | None = None,
) -> Plan:
    """The plan for a linked pair that last agreed on `was`; None: on nothing but its fields."""
    base = {**IN_STEP, PRESENCE: Agreed(*was)} if was else IN_STEP
    salesforce, xero = in_salesforce(here, Sync__c=ticked), in_xero(there, EmailAddress=email)
    decisions = {"gone": decision} if decision else {}
    return plan(Situation(mapping, salesforce, xero, tied(base), decisions=decisions))


def learned(made: Plan) -> Agreed | None:
    """What the base learns of presence, without a write or by the acknowledgement of one."""
    carried = [write.carries[PRESENCE] for write in made.writes if PRESENCE in write.carries]
    return made.agreed.get(PRESENCE, carried[0] if carried else None)


@pytest.mark.parametrize(
    ("here", "there", "was", "action", "agreed"),
    [
        (LIVE, LIVE, None, Action.NOTHING, None),
        (DELETED, LIVE, None, Action.ARCHIVE, ("deleted", "archived")),
        (LIVE, ARCHIVED, None, Action.FILTERED, ("live", "archived")),
        (DELETED, ARCHIVED, None, Action.NOTHING, ("live", "archived")),
        (LIVE, LIVE, ("live", "archived"), Action.NOTHING, ("live", "live")),
        (LIVE, ARCHIVED, ("live", "archived"), Action.FILTERED, None),
        (DELETED, ARCHIVED, ("live", "archived"), Action.NOTHING, None),
        (DELETED, LIVE, ("live", "archived"), Action.QUESTION, ("deleted", "restored")),
        (LIVE, LIVE, ("deleted", "archived"), Action.NOTHING, ("live", "live")),
        (LIVE, ARCHIVED, ("deleted", "archived"), Action.RESTORE, ("live", "live")),
        (DELETED, ARCHIVED, ("deleted", "archived"), Action.NOTHING, None),
        (DELETED, LIVE, ("deleted", "archived"), Action.QUESTION, ("deleted", "restored")),
        (DELETED, LIVE, ("deleted", "restored"), Action.QUESTION, ("deleted", "restored")),
        (DELETED, ARCHIVED, ("deleted", "restored"), Action.NOTHING, ("live", "archived")),
        (LIVE, ARCHIVED, ("deleted", "restored"), Action.FILTERED, ("live", "archived")),
        (LIVE, LIVE, ("deleted", "restored"), Action.NOTHING, ("live", "live")),
        (LIVE, LIVE, ("deleted", "live"), Action.NOTHING, ("live", "live")),
        (LIVE, ARCHIVED, ("deleted", "live"), Action.FILTERED, ("live", "archived")),
        (DELETED, ARCHIVED, ("deleted", "live"), Action.NOTHING, ("live", "archived")),
        (DELETED, LIVE, ("deleted", "live"), Action.FILTERED, None),
        (LIVE, ARCHIVED, ("live", "refused"), Action.QUESTION, None),
        (LIVE, LIVE, ("live", "refused"), Action.NOTHING, ("live", "live")),
        (DELETED, ARCHIVED, ("live", "refused"), Action.NOTHING, None),
    ],
)
def test_presence_is_compared_with_what_was_agreed(
    here: Presence,
    there: Presence,
    was: tuple[str, str] | None,
    action: Action,
    agreed: tuple[str, str] | None,
) -> None:
    made = planned(here, there, was)
    assert (made.action, learned(made)) == (action, agreed)
    assert made.reason


@pytest.mark.parametrize(("action", "verb"), [(Action.ARCHIVE, Verb.ARCHIVE), (Action.RESTORE, Verb.RESTORE)])
def test_what_is_written_is_the_presence_of_the_contact_alone(action: Action, verb: Verb) -> None:
    made = planned(DELETED, LIVE) if verb is Verb.ARCHIVE else planned(LIVE, ARCHIVED, ("deleted", "archived"))
    (write,) = made.writes
    assert (made.action, write.verb, write.element.id, write.element.fields) == (action, verb, contact().id, {})


def test_what_a_person_archived_is_not_brought_back_by_undeleting_the_account() -> None:
    both_gone = planned(DELETED, ARCHIVED)
    assert planned(LIVE, ARCHIVED, learned(both_gone)).action is Action.FILTERED


def test_an_opt_out_archives_and_the_opt_in_brings_back_what_it_archived() -> None:
    out = planned(LIVE, LIVE, mapping=OPT_IN, ticked=False, email="edited@ridgeway.example")
    assert (out.action, learned(out)) == (Action.ARCHIVE, ("opted_out", "archived"))
    back = planned(LIVE, ARCHIVED, ("opted_out", "archived"), OPT_IN)
    assert (back.action, learned(back)) == (Action.RESTORE, ("live", "live"))


def test_a_contact_that_a_person_restored_stays_though_its_account_is_opted_out() -> None:
    restored = planned(LIVE, LIVE, ("opted_out", "archived"), OPT_IN, ticked=False)
    assert (restored.action, learned(restored)) == (Action.FILTERED, ("opted_out", "live"))
    assert planned(LIVE, LIVE, ("opted_out", "live"), OPT_IN, ticked=False).action is Action.FILTERED


def test_an_opt_in_that_archives_nothing_keeps_the_contact_of_a_deleted_account_too() -> None:
    keeping = replace(OPT_IN, on_opt_out=OnOptOut.KEEP)
    assert planned(LIVE, LIVE, mapping=keeping, ticked=False).action is Action.FILTERED
    assert planned(DELETED, LIVE, mapping=keeping, ticked=False).action is Action.FILTERED
    assert planned(DELETED, LIVE, mapping=keeping).action is Action.ARCHIVE


def test_a_mapping_that_writes_nothing_to_xero_neither_archives_nor_restores() -> None:
    mapping = replace(CUSTOMERS, direction=Direction.TO_SALESFORCE)
    gone = planned(DELETED, LIVE, mapping=mapping)
    assert (gone.action, learned(gone)) == (Action.FILTERED, ("deleted", "live"))
    assert planned(LIVE, ARCHIVED, ("deleted", "archived"), mapping).action is Action.FILTERED


def test_a_deletion_that_the_mapping_ignores_is_agreed_on() -> None:
    made = planned(DELETED, LIVE, mapping=replace(CUSTOMERS, on_delete=OnDelete.IGNORE))
    assert (made.action, learned(made)) == (Action.FILTERED, ("deleted", "live"))


@pytest.mark.parametrize(("here", "there"), [(DELETED, LIVE), (LIVE, ARCHIVED)])
def test_a_mapping_that_asks_does_so_whichever_side_is_gone(here: Presence, there: Presence) -> None:
    made = planned(here, there, mapping=replace(CUSTOMERS, on_delete=OnDelete.ASK))
    assert [ask.topic for ask in made.questions] == ["gone"]
    assert learned(made) is None


def test_the_question_shows_what_was_edited_on_the_side_that_is_left() -> None:
    (ask,) = planned(DELETED, LIVE, email="new@ridgeway.example").questions
    assert ask.detail["gone"] == str(account())
    assert ask.detail["record"] == str(contact())
    assert ask.detail["edited"] == {"Email__c:EmailAddress": "new@ridgeway.example"}


@pytest.mark.parametrize(
    ("take", "action", "agreed"),
    [
        (Take.SALESFORCE, Action.ARCHIVE, ("deleted", "archived")),
        (Take.XERO, Action.FILTERED, ("deleted", "live")),
        (Take.LEAVE, Action.FILTERED, None),
    ],
)
def test_a_person_decides_what_becomes_of_the_side_that_is_left(
    take: Take, action: Action, agreed: tuple[str, str] | None
) -> None:
    (ask,) = planned(DELETED, LIVE, email="new@ridgeway.example").questions
    made = planned(DELETED, LIVE, email="new@ridgeway.example", decision=Decision(1, take, ask.detail))
    assert (made.action, learned(made), made.questions) == (action, agreed, ())


@pytest.mark.parametrize("take", [Take.SALESFORCE, Take.XERO, Take.LEAVE])
def test_a_decision_about_something_else_than_is_shown_now_is_asked_again(take: Take) -> None:
    (ask,) = planned(DELETED, LIVE, email="new@ridgeway.example").questions
    decision = Decision(1, take, ask.detail)
    assert planned(DELETED, LIVE, email="newer@ridgeway.example", decision=decision).action is Action.QUESTION


@pytest.mark.parametrize(
    ("take", "action", "agreed"),
    [(Take.SALESFORCE, Action.RESTORE, ("live", "live")), (Take.XERO, Action.FILTERED, ("live", "archived"))],
)
def test_a_contact_that_was_archived_comes_back_or_stays_so_as_a_person_takes(
    take: Take, action: Action, agreed: tuple[str, str]
) -> None:
    asking = replace(CUSTOMERS, on_delete=OnDelete.ASK)
    (ask,) = planned(LIVE, ARCHIVED, mapping=asking).questions
    made = planned(LIVE, ARCHIVED, mapping=asking, decision=Decision(1, take, ask.detail))
    assert made.action is action
    assert (made.writes[0].carries[PRESENCE] if made.writes else learned(made)) == agreed


def test_a_mapping_that_writes_nothing_to_xero_asks_once_about_an_archived_contact() -> None:
    asking = replace(CUSTOMERS, on_delete=OnDelete.ASK, direction=Direction.TO_SALESFORCE)
    (ask,) = planned(LIVE, ARCHIVED, mapping=asking).questions
    made = planned(LIVE, ARCHIVED, mapping=asking, decision=Decision(1, Take.SALESFORCE, ask.detail))
    assert (made.action, made.writes, learned(made)) == (Action.FILTERED, (), ("live", "archived"))


def test_a_merged_contact_is_never_brought_back() -> None:
    gone = in_xero(ARCHIVED)
    merged = replace(gone, seen=replace(gone.seen, merged_into=contact(2).id))
    link = tied({**IN_STEP, PRESENCE: Agreed("deleted", "archived")})
    made = plan(Situation(CUSTOMERS, in_salesforce(), merged, link))
    assert (made.action, made.writes) == (Action.QUESTION, ())
    assert made.questions[0].detail["survivor"] == contact(2).id
