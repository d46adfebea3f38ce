"""From what was seen to a state, and when a state is good enough."""

from dataclasses import replace
from datetime import datetime

import pytest

from app.engine.actions import Done, Element, Verb
from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.observe import FRESH_SECONDS, acknowledged, is_fresh, needs_look, observed, was_seen
from app.engine.records import Observation, Presence, RecordRef
from app.mapping.expressions import compile_condition
from app.mapping.persons import salesforce_people
from app.mapping.values import Json
from tests.support.people import people_sync
from tests.support.records import NOON, account, at, contact, state
from tests.support.world import accounts_sync

LENSES = [rule.xero for rule in accounts_sync().mappings["customers"].fields]
WITH_PEOPLE = [rule.salesforce for rule in people_sync().mappings["customers"].fields]


def test_a_value_keeps_the_stamp_under_which_it_was_first_seen() -> None:
    first = observed(
        None, Observation(contact(), Presence.LIVE, at(1), {"Name": "a", "EmailAddress": "x"}), LENSES, NOON
    )
    then = observed(
        first, Observation(contact(), Presence.LIVE, at(2), {"Name": "b", "EmailAddress": "x"}), LENSES, NOON
    )
    assert then.stamps["Name"] == at(2)
    assert then.stamps["EmailAddress"] == at(1)


def test_a_record_out_of_sight_keeps_what_was_last_seen_of_it() -> None:
    before = state(contact(), at(1), {"Name": "a"})
    after = observed(before, Observation(contact(), Presence.INVISIBLE, None), LENSES, at(9))
    assert (after.seen.presence, after.seen.version, after.seen.fields) == (Presence.INVISIBLE, at(1), {"Name": "a"})


def test_a_deleted_record_that_is_not_shown_any_more_stays_deleted() -> None:
    before = state(account(), at(1), {"Name": "a"}, Presence.DELETED)
    after = observed(before, Observation(account(), Presence.INVISIBLE, None), LENSES, at(9))
    assert (after.seen, after.observed_at) == (before.seen, at(9))


def test_a_merged_record_that_is_not_shown_any_more_is_known_to_be_merged() -> None:
    before = state(account(), at(1), {"Name": "a"})
    merged = replace(before, seen=replace(before.seen, merged_into=account(2).id))
    after = observed(merged, Observation(account(), Presence.INVISIBLE, None), LENSES, at(9))
    assert after.seen.merged_into == account(2).id


def test_an_older_version_says_nothing() -> None:
    before = state(contact(), at(5), {"Name": "new"})
    assert observed(before, Observation(contact(), Presence.LIVE, at(4), {"Name": "old"}), LENSES, at(9)) == before


def test_an_answer_that_shows_no_parts_takes_none_away() -> None:
    before = state(account(), at(1), {"Contacts": [{"Id": "003", "LastName": "Bell"}], "Name": "a", "Other": "x"})
    after = observed(before, Observation(account(), Presence.LIVE, at(2), {"Name": None}), WITH_PEOPLE, at(9))
    assert after.seen.fields == {"Contacts": [{"Id": "003", "LastName": "Bell"}], "Name": None}


def test_xero_leaves_out_what_is_blank() -> None:
    before = state(contact(), at(1), {"EmailAddress": "a@example.com"})
    after = observed(before, Observation(contact(), Presence.LIVE, at(2), {"Name": "a"}), LENSES, at(9))
    assert after.seen.fields == {"Name": "a"}


def test_people_carry_the_stamp_of_the_one_who_changed_last() -> None:
    rows: list[Json] = [{"Id": "003", "LastName": "Bell"}]
    seen = Observation(account(), Presence.LIVE, at(1), {"Contacts": rows, "Name": "a"}, stamps={"Contacts": at(7)})
    stamps = observed(None, seen, WITH_PEOPLE, at(9)).stamps
    assert (stamps["Contacts"], stamps["Name"]) == (at(7), at(1))
    moved = replace(seen, fields={"Name": "a", "Contacts": []}, stamps={"Contacts": at(8)})
    assert observed(observed(None, seen, WITH_PEOPLE, at(9)), moved, WITH_PEOPLE, at(9)).stamps["Contacts"] == at(8)


def test_what_cannot_be_read_does_not_keep_anybody_from_looking() -> None:
    billed = salesforce_people("Contacts", "Contact", "AccountId", {}, compile_condition("salesforce.Bill__c"))
    seen = Observation(account(), Presence.LIVE, at(1), {"Contacts": [{"Bill__c": None}]})
    assert observed(None, seen, [billed], at(9)).seen == seen


def due(ref: RecordRef, echo: datetime | None, by: str | None = None) -> DueRecord:
    return DueRecord(ref, 1, Priority.PUSH, 0, NOON, echo, by)


@pytest.mark.parametrize(
    ("ref", "echo", "looks"),
    [
        (contact(), at(0), False),
        (contact(), at(-1), False),
        (contact(), at(1), True),
        (contact(), None, True),
        (account(), at(-1), False),
        (account(), at(0), True),
    ],
)
def test_a_push_of_what_is_known_needs_no_look(ref: RecordRef, echo: datetime | None, *, looks: bool) -> None:
    assert needs_look(due(ref, echo), state(ref, at(0))) is looks


@pytest.mark.parametrize(
    ("echo", "by", "looks"),
    [(at(0), "us", False), (at(0), "ana", True), (at(0), None, True), (at(1), "us", True), (None, "us", True)],
)
def test_a_stamp_of_salesforce_that_is_known_needs_no_look_only_if_it_is_our_own(
    echo: datetime | None, by: str | None, *, looks: bool
) -> None:
    known = state(account(), at(0))
    assert needs_look(due(account(), echo, by), known, "us") is looks
    assert needs_look(due(account(), at(0), None), known, None)


def test_what_was_never_seen_needs_a_look() -> None:
    assert needs_look(due(contact(), at(0)), None)
    assert needs_look(due(contact(), at(0)), state(contact(), None))


def test_a_look_is_fresh_for_ten_seconds() -> None:
    seen = state(contact(), observed_at=at(0))
    assert is_fresh(seen, at(FRESH_SECONDS))
    assert not is_fresh(seen, at(FRESH_SECONDS + 1))


def test_an_answer_with_the_record_is_what_was_acknowledged() -> None:
    told = Observation(contact(), Presence.LIVE, at(3), {"Name": "as the vendor holds it"})
    sent = Element(None, {"Name": "as sent"})
    assert acknowledged(None, contact(), Verb.CREATE, sent, Done(contact().id, told)) == told


@pytest.mark.parametrize(
    ("verb", "presence"),
    [(Verb.ARCHIVE, Presence.ARCHIVED), (Verb.RESTORE, Presence.LIVE), (Verb.UPDATE, Presence.LIVE)],
)
def test_where_the_answer_does_not_show_the_record_it_is_as_it_was_left(verb: Verb, presence: Presence) -> None:
    before = state(contact(), fields={"Name": "Ridgeway"})
    seen = acknowledged(before, contact(), verb, Element(contact().id), Done(contact().id))
    assert (seen.presence, seen.fields) == (presence, {"Name": "Ridgeway"})


def test_an_answer_without_the_record_leaves_what_was_sent_on_top_of_what_was_held() -> None:
    before = state(account(), at(1), {"Name": "Ridgeway", "Phone": "1"})
    seen = acknowledged(before, account(), Verb.UPDATE, Element(account().id, {"Phone": "2"}), Done(account().id))
    assert (seen.fields, seen.version) == ({"Name": "Ridgeway", "Phone": "2"}, at(1))


def test_a_record_of_which_only_our_own_write_is_known_was_not_seen() -> None:
    assert not was_seen(None)
    assert not was_seen(state(account(), None))
    assert was_seen(state(account()))
    assert was_seen(state(account(), None, presence=Presence.INVISIBLE))


def test_an_answer_leaves_the_parts_of_a_record_as_they_were_seen() -> None:
    people = [{"Id": "003000000000001AAA", "LastName": "Byron"}]
    before = state(account(), at(1), {"Name": "Ridgeway", "Phone": "1", "Contacts": people})
    told = Observation(account(), Presence.LIVE, at(3), {"Name": "Ridgeway"})
    done = Done(account().id, told, lacks=frozenset({"Contacts"}))
    seen = acknowledged(before, account(), Verb.UPDATE, Element(account().id, {"Phone": None}), done)
    assert (seen.version, seen.fields) == (at(3), {"Name": "Ridgeway", "Contacts": people})
