"""Pushes that do not come are told from nights in which nothing happens."""

from datetime import timedelta

import pytest

from app.engine.silence import GIVEN_UP, PATIENCE, QUIET, SKEW, Found, is_back, is_silent, told_of
from tests.support.records import NOON

A_SECOND = timedelta(seconds=1)
SILENT = Found(NOON - timedelta(hours=1), NOON - PATIENCE - A_SECOND)


def test_without_a_change_nobody_is_silent_however_long_the_night() -> None:
    assert not is_silent(None, NOON)


def test_a_push_may_come_as_late_as_the_vendor_tries_again() -> None:
    assert not is_silent(Found(NOON, NOON - PATIENCE), NOON)
    assert is_silent(SILENT, NOON)


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
        (QUIET, SILENT, True, False),
        (QUIET + A_SECOND, None, True, True),
    ],
)
def test_a_sender_is_back_after_a_silence_or_after_the_vendor_has_given_up_or_by_its_check(
    quiet: timedelta | None, found: Found | None, is_check: bool, back: bool
) -> None:
    heard_at = None if quiet is None else NOON - quiet
    assert is_back(heard_at, found, NOON, is_check=is_check) is back
