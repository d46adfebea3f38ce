"""The law of the ledger: whatever happens on the way, no minute of the vendor's ever holds too many calls."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.connectors.quota_ledger import DAY, MINUTE, Denial, Ledger, Limits, depart, give_back, land, reserve
from app.engine.events import Priority

LIMITS = Limits(minute=6, day=40, at_once=3, flight_seconds=15)
NOW = 1_800_000_000_000


@dataclass(frozen=True)
class Caller:
    """Somebody who comes `gap` after the one before, and whose call takes `out` to arrive and `back` to return."""

    gap: int
    out: int
    back: int
    priority: Priority
    answered: bool


callers = st.builds(
    Caller,
    gap=st.sampled_from([0, 0, 1, 500, 9_000, 59_999, 60_000, 60_001]) | st.integers(0, 70_000),
    out=st.integers(0, 7_000),
    back=st.integers(0, 7_000),
    priority=st.sampled_from(Priority),
    answered=st.booleans(),
)


def arrivals(line: Sequence[Caller]) -> tuple[list[int], int]:
    """When calls arrive at the vendor if all of `line` come to the same ledger, and the most in flight at once."""
    ledger, now, seen, flights, most = Ledger(), NOW, list[int](), list[tuple[int, int]](), 0
    for number, caller in enumerate(line):
        now += caller.gap
        while flights and flights[0][0] <= now:
            at, landing = heapq.heappop(flights)
            ledger = land(ledger.at(at), str(landing), at, heard=True)
        for attempt in (reserve, depart):
            turned = (
                reserve(ledger.at(now), LIMITS, (str(number),), caller.priority, now)
                if attempt is reserve
                else depart(ledger, LIMITS, str(number), now)
            )
            if isinstance(turned, Denial):
                assert turned.until > now
                break
            ledger = turned
        else:
            seen.append(now + caller.out)
            if caller.answered:
                heapq.heappush(flights, (now + caller.out + caller.back, number))
            most = max(most, len(ledger.flying))
    return sorted(seen), most


@given(st.lists(callers, max_size=80))
def test_no_sliding_minute_at_the_vendor_holds_more_than_the_limit(line: list[Caller]) -> None:
    seen, most = arrivals(line)
    assert all(later - earlier >= MINUTE for earlier, later in zip(seen, seen[LIMITS.minute :], strict=False))
    assert most <= LIMITS.at_once


@given(st.lists(callers, max_size=120))
def test_no_sliding_day_at_the_vendor_holds_more_than_the_limit(line: list[Caller]) -> None:
    slow = [Caller(caller.gap * 40, caller.out, caller.back, caller.priority, answered=True) for caller in line]
    seen, _ = arrivals(slow)
    assert all(later - earlier >= DAY - 15_000 for earlier, later in zip(seen, seen[LIMITS.day :], strict=False))


def test_the_full_rate_is_used() -> None:
    line = [Caller(1_000, 10, 10, Priority.PUSH, answered=True)] * 39
    seen, _ = arrivals(line)
    assert len([at for at in seen if at < NOW + MINUTE]) == LIMITS.minute


@given(st.lists(callers, max_size=20))
def test_a_ledger_is_the_same_after_it_was_kept_as_text(line: list[Caller]) -> None:
    ledger = Ledger(heard=True, parked_because="day limit", foreign_day=3)
    for number, caller in enumerate(line):
        turned = reserve(ledger, LIMITS, (str(number),), caller.priority, NOW + caller.gap)
        ledger = ledger if isinstance(turned, Denial) else turned
    assert Ledger.parse(ledger.text()) == ledger


def test_permits_given_back_leave_no_trace() -> None:
    taken = reserve(Ledger(), LIMITS, ("a", "b"), Priority.PUSH, NOW)
    assert isinstance(taken, Ledger)
    left = give_back(taken, ("a", "b"), NOW)
    assert left.places == {}
    assert left.spent_today == 0


def test_a_share_is_never_nothing() -> None:
    assert Limits(minute=60, day=1000, at_once=4).share(100) == Limits(minute=1, day=10, at_once=1)


def test_backfill_leaves_what_live_work_is_expected_to_need_until_the_day_is_over() -> None:
    day = Limits(minute=10_000, day=1000)
    taken = reserve(Ledger(), day, tuple(f"live-{number}" for number in range(100)), Priority.PUSH, NOW)
    assert isinstance(taken, Ledger)
    after_six_hours = NOW + DAY // 4
    ledger = taken.at(after_six_hours)
    assert not isinstance(reserve(ledger, day, ("one",), Priority.PERSON, after_six_hours), Denial)
    room = 0
    while not isinstance(turned := reserve(ledger, day, (f"fill-{room}",), Priority.BACKFILL, after_six_hours), Denial):
        ledger, room = turned, room + 1
    spent, expected, kept = 100, 300, 100
    assert abs(room - (1000 - spent - expected - kept)) <= 1


def test_once_a_whole_day_is_known_live_work_needs_what_comes_back_by_itself() -> None:
    day = Limits(minute=10_000, day=100)
    ledger, now = Ledger(), NOW
    for number in range(48):
        turned = reserve(ledger.at(now), day, (f"live-{number}",), Priority.PUSH, now)
        assert isinstance(turned, Ledger)
        ledger, now = turned, now + DAY // 47
    ledger = ledger.at(now)
    assert not isinstance(reserve(ledger, day, tuple(map(str, range(40))), Priority.BACKFILL, now), Denial)
