"""A count that was lost is whole again once everybody has told what they saw of it."""

from dataclasses import replace

from app.connectors.quota_ledger import MINUTE, Denial, Ledger, Limits, park, reserve
from app.connectors.quota_loss import joined, lost, merge, told
from app.engine.events import Priority

LIMITS = Limits(minute=6, day=40, at_once=3, flight_seconds=15)
NOW = 1_800_000_000_000
BEFORE = joined(joined(Ledger(born=1, heard=True), LIMITS, "a", NOW), LIMITS, "b", NOW)
"""What two processes saw of a count."""


def asked(ledger: Ledger, now: int = NOW) -> Ledger | Denial:
    return reserve(ledger.at(now), LIMITS, ("permit",), Priority.PUSH, now)


def after_a_loss(ours: Ledger = BEFORE) -> Ledger:
    """The count that one process has begun anew."""
    return told(lost(ours, LIMITS, NOW), ours, "a", 2)


def test_nobody_calls_before_all_have_told_and_everybody_asks_again_soon() -> None:
    assert asked(after_a_loss()) == Denial(NOW + 1000, "the shared count was lost")
    assert isinstance(asked(told(after_a_loss(), BEFORE, "b", 2)), Ledger)


def test_who_has_counted_lately_must_tell_even_beyond_the_processes_that_are_known() -> None:
    three = joined(BEFORE, LIMITS, "c", NOW)
    two_have_told = told(after_a_loss(three), three, "b", 2)
    assert isinstance(asked(two_have_told), Denial)
    assert isinstance(asked(told(two_have_told, three, "c", 2)), Ledger)


def test_for_one_that_stays_silent_it_is_waited_until_its_calls_have_landed() -> None:
    landed = NOW + 15_000
    assert isinstance(asked(after_a_loss(), landed - 1), Denial)
    assert isinstance(asked(after_a_loss(), landed), Ledger)


def test_what_the_vendor_said_before_a_loss_holds_after_it() -> None:
    heard = replace(BEFORE, foreign_minute=2, foreign_minute_until=NOW + MINUTE)
    parked = park(heard, NOW + 10_000, "minute limit")
    again = told(merge(parked, after_a_loss()), parked, "b", 2)
    assert (again.foreign_minute, again.foreign_minute_until) == (2, NOW + MINUTE)
    assert asked(again) == Denial(NOW + 10_000, "minute limit")


def test_two_counts_put_together_forget_no_call() -> None:
    mine, theirs = Ledger(places={"a": 5, "b": 9}, periods={"0": 2}), Ledger(places={"b": 7, "c": 8}, periods={"0": 3})
    assert merge(mine, theirs).places == {"a": 5, "b": 9, "c": 8}
    assert merge(mine, theirs).periods == {"0": 3}
