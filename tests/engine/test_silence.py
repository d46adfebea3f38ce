"""Pushes that do not come are told from nights in which nothing happens."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.engine.records import Observation, Presence, RecordRef, State, System
from app.engine.silence import GIVEN_UP, PATIENCE, QUIET, SKEW, Found, is_back, is_silent, newest_news, told_of
from tests.support.people import people_sync
from tests.support.records import NOON, account, at, contact, state
from tests.support.world import accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
A_SECOND = timedelta(seconds=1)
SILENT = Found(NOON - timedelta(hours=1), NOON - PATIENCE[XERO] - A_SECOND)


def test_without_a_change_nobody_is_silent_however_long_the_night() -> None:
    assert not is_silent(XERO, None, NOON)


def test_a_push_may_come_as_late_as_the_vendor_tries_again() -> None:
    assert not is_silent(XERO, Found(NOON, NOON - PATIENCE[XERO]), NOON)
    assert is_silent(XERO, SILENT, NOON)
    assert not is_silent(SALESFORCE, SILENT._replace(found_at=NOON - timedelta(hours=2)), NOON)


def test_who_was_heard_after_a_change_has_told_of_it_by_a_clock_that_may_be_ahead_of_ours() -> None:
    assert told_of(NOON, NOON - SKEW)
    assert not told_of(NOON, NOON - SKEW - A_SECOND)
    assert not told_of(NOON, None)


@pytest.mark.parametrize(
    ("quiet", "found", "is_check", "back"),
    [
        (timedelta(minutes=5), None, False, False),
        (GIVEN_UP, None, False, False),
        (GIVEN_UP + A_SECOND, None, False, True),
        (timedelta(minutes=30), SILENT, False, True),
        (None, SILENT, False, True),
        (None, None, False, False),
        (None, None, True, True),
        (QUIET, None, True, False),
        (QUIET, SILENT, True, True),
        (QUIET + A_SECOND, None, True, True),
    ],
)
def test_a_sender_is_back_after_a_silence_or_after_the_vendor_has_given_up_or_by_its_check(
    quiet: timedelta | None, found: Found | None, is_check: bool, back: bool
) -> None:
    heard_at = None if quiet is None else NOON - quiet
    assert is_back(XERO, heard_at, found, NOON, is_check=is_check) is back


def seen(ref: RecordRef, version: datetime, presence: Presence = Presence.LIVE) -> Observation:
    return Observation(ref, presence, version)


def news(*seen: Observation, known: State | None = None) -> datetime | None:
    return newest_news(accounts_sync(), {known.ref: known} if known else {}, seen, "us")


def test_news_is_what_nobody_has_seen_in_that_version() -> None:
    known = state(account(1), NOON)
    assert news(seen(account(1), NOON), known=known) is None
    assert news(seen(account(1), at(1)), known=known) == at(1)
    assert news(seen(account(1), NOON), seen(account(2), at(-60)), known=known) == at(-60)
    assert news(seen(contact(1), at(5)), seen(contact(2), at(9)), seen(contact(3), at(7))) == at(9)


def test_archiving_is_news_and_deleting_and_undeleting_which_no_message_tells_of_are_not() -> None:
    live, gone = state(account(1), NOON), state(account(1), NOON, presence=Presence.DELETED)
    assert news(seen(contact(1), at(1), Presence.ARCHIVED)) == at(1)
    assert news(seen(account(1), at(1), Presence.DELETED), known=live) is None
    assert news(seen(account(1), at(1), Presence.INVISIBLE), known=live) is None
    assert news(seen(account(1), at(1)), known=gone) is None


def test_what_we_wrote_ourselves_is_no_news() -> None:
    ours, theirs = (replace(seen(account(1), NOON), by=by) for by in ("us", "somebody"))
    assert news(ours) is None
    assert news(theirs) == NOON


def test_of_parts_of_a_record_there_is_no_news() -> None:
    person = RecordRef(System.SALESFORCE, "Contact", "0035g0000000001AAA")
    assert newest_news(people_sync(), {}, [seen(person, NOON)], None) is None
    assert newest_news(people_sync(), {}, [seen(person, NOON), seen(account(1), at(1))], None) == at(1)
