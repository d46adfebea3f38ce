"""What a write without an answer came to."""

from dataclasses import replace

import pytest

from app.engine.actions import Request, Verb
from app.engine.doubt import RUNNING_SECONDS, Remedy, Trace, may_be_of, remedy, settled_at, trace
from app.engine.ledger import Call, CallResult, Intent
from app.engine.records import Agreed, Observation, Presence, State, System
from app.mapping.values import Fields
from tests.support.records import LANE, NOON, account, at, contact, intent, state
from tests.support.world import accounts_sync

MAPPING = accounts_sync().mappings["customers"]
BASE = {"Name:Name": Agreed("old", "old"), "Email__c:EmailAddress": Agreed("old", "old")}
CARRIES = {"Name:Name": Agreed("new", "new"), "Email__c:EmailAddress": Agreed("new", "new")}
UPDATE = replace(intent(account(), contact().id), carries=CARRIES)
CREATE = replace(intent(account()), carries=CARRIES)
ARCHIVE = replace(UPDATE, verb=Verb.ARCHIVE, carries={})


def seen(fields: Fields, presence: Presence = Presence.LIVE) -> Observation:
    return state(contact(), fields=fields, presence=presence).seen


def call(*intents: Intent, sent: float = 0, answered: float | None = None) -> Call:
    when = None if answered is None else at(answered)
    return Call(1, LANE, 1, System.XERO, Request("POST", "/", "{}", "key"), at(sent), intents, answered_at=when)


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        ("new", "new", Trace.CARRIED_OUT),
        ("old", "old", Trace.UNTOUCHED),
        ("new", "a person's", Trace.CARRIED_OUT),
        ("old", "a person's", Trace.CHANGED_OTHERWISE),
        ("a person's", "a person's", Trace.CHANGED_OTHERWISE),
    ],
)
def test_an_update_is_told_by_what_its_target_shows(name: str, email: str, expected: Trace) -> None:
    assert trace(UPDATE, MAPPING, BASE, seen({"Name": name, "EmailAddress": email})) is expected


def test_a_target_that_is_gone_tells_nothing() -> None:
    archived = seen({"Name": "new", "EmailAddress": "new"}, Presence.ARCHIVED)
    assert trace(UPDATE, MAPPING, BASE, archived) is Trace.CHANGED_OTHERWISE
    assert trace(UPDATE, MAPPING, BASE, None) is Trace.CHANGED_OTHERWISE


def test_a_create_is_told_by_whether_its_key_is_found() -> None:
    assert trace(CREATE, MAPPING, {}, seen({"Name": "whatever a person made of it"})) is Trace.CARRIED_OUT
    assert trace(CREATE, MAPPING, {}, None) is Trace.UNTOUCHED


def test_a_create_is_not_told_by_an_older_record_of_its_key_that_is_gone() -> None:
    assert trace(CREATE, MAPPING, {}, seen({}, Presence.DELETED)) is Trace.UNTOUCHED
    assert trace(CREATE, MAPPING, {}, seen({}, Presence.ARCHIVED)) is Trace.UNTOUCHED


def test_an_archive_is_told_by_presence() -> None:
    assert trace(ARCHIVE, MAPPING, BASE, seen({}, Presence.ARCHIVED)) is Trace.CARRIED_OUT
    assert trace(ARCHIVE, MAPPING, BASE, seen({})) is Trace.UNTOUCHED


def test_a_restoring_is_told_by_presence() -> None:
    restore = replace(ARCHIVE, verb=Verb.RESTORE)
    assert trace(restore, MAPPING, BASE, seen({})) is Trace.CARRIED_OUT
    assert trace(restore, MAPPING, BASE, seen({}, Presence.ARCHIVED)) is Trace.UNTOUCHED
    assert trace(restore, MAPPING, BASE, None) is Trace.UNTOUCHED


def test_what_was_carried_out_is_settled_at_once() -> None:
    assert remedy(call(UPDATE), [Trace.CARRIED_OUT], NOON) is Remedy.SETTLE


def test_what_left_no_trace_is_sent_again_while_it_is_young() -> None:
    assert remedy(call(UPDATE), [Trace.UNTOUCHED, Trace.CARRIED_OUT], at(RUNNING_SECONDS - 1)) is Remedy.RESEND


def test_what_a_person_changed_is_waited_out() -> None:
    traces = [Trace.UNTOUCHED, Trace.CHANGED_OTHERWISE]
    assert remedy(call(UPDATE), traces, at(1)) is Remedy.WAIT
    assert remedy(call(UPDATE), traces, at(RUNNING_SECONDS)) is Remedy.SETTLE


def test_what_was_sent_again_is_believed_lost_only_when_that_can_no_longer_run() -> None:
    resent = call(UPDATE, answered=100)
    assert settled_at(resent) == at(100 + RUNNING_SECONDS)
    assert remedy(resent, [Trace.UNTOUCHED], at(RUNNING_SECONDS + 10)) is Remedy.WAIT


@pytest.mark.parametrize("result", [CallResult.FAILED, CallResult.REPEATED])
def test_what_was_answered_with_an_error_or_sent_twice_is_waited_out(result: CallResult) -> None:
    doubtful = replace(call(UPDATE), result=result)
    assert remedy(doubtful, [Trace.UNTOUCHED], at(1)) is Remedy.WAIT
    assert remedy(doubtful, [Trace.UNTOUCHED], at(RUNNING_SECONDS)) is Remedy.SETTLE


SENT = {"Name": "new", "EmailAddress": "new"}
OTHER = {"Name": "Supplier", "EmailAddress": "new"}


@pytest.mark.parametrize(
    ("fields", "observed", "stamp", "expected"),
    [
        (SENT, 50, None, True),  # a look that was begun before the call may show what it made
        (OTHER, 50, None, False),
        (OTHER, 150, None, True),  # made by the call, and edited since
        (OTHER, 150, 40, False),  # there before, and looked at again
        (OTHER, 150, 90, True),  # clocks differ
    ],
)
def test_a_lost_create_is_not_seen_in_a_contact_that_is_older_and_holds_something_else(
    fields: Fields, observed: float, stamp: float | None, expected: bool
) -> None:
    stamps = {} if stamp is None else {"Name": at(stamp)}
    before = replace(state(contact(), fields=fields, stamps=stamps), observed_at=at(observed))
    assert may(CREATE, fields, before) is expected


def test_what_was_never_seen_before_may_be_of_a_create() -> None:
    assert may(CREATE, OTHER, None)


def test_what_a_person_took_apart_from_its_source_is_never_of_a_create() -> None:
    assert not may(CREATE, SENT, None, parted=frozenset({contact().id}))


def test_only_a_create_in_xero_leaves_what_is_there_alone() -> None:
    older = replace(state(contact(), fields=OTHER), observed_at=at(0))
    assert may(UPDATE, OTHER, older)
    assert may(replace(CREATE, target_system=System.SALESFORCE), OTHER, older)


def may(of: Intent, fields: Fields, before: State | None, parted: frozenset[str] = frozenset()) -> bool:
    return may_be_of(call(of, sent=100), of, seen(fields), mapping=MAPPING, state=before, parted=parted)
