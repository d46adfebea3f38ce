"""The quota behaves the same whether its ledger is in this process or in Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count

import pytest
from redis.asyncio import Redis

from app.connectors.quota import Flight, Limit, Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore, SharedStore, Store
from app.engine.events import Priority
from app.errors import OutOfQuota
from tests.support.clock import VirtualClock

LIMITS = Limits(minute=60, day=1000, at_once=4)


class Moments(VirtualClock):
    """A clock on which something may happen while somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            await happens()


@pytest.fixture
def clock() -> Moments:
    return Moments()


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture(params=["local", "shared"])
def store(request: pytest.FixtureRequest, clock: Moments) -> Callable[[Limits], Store]:
    if request.param == "local":
        return lambda limits: LocalStore(limits, clock)
    redis: Redis = request.getfixturevalue("redis")
    return lambda limits: SharedStore(redis, "quota", limits, clock, server_time=False)


def quota_on(store: Store, clock: Moments, name: str = "permit") -> Quota:
    numbers = count()
    return Quota(store, clock, lambda: f"{name}-{next(numbers)}")


@pytest.fixture
async def quota(store: Callable[[Limits], Store], clock: Moments) -> Quota:
    """A quota that has heard the vendor's answer, a minute ago."""
    made = quota_on(store(LIMITS), clock)
    await fly(made)
    clock.advance(61)
    return made


async def fly(quota: Quota, calls: int = 1, priority: Priority = Priority.PUSH) -> None:
    for _ in range(calls):
        async with quota.flight(priority) as flight:
            flight.heard = True


async def refusal(quota: Quota, priority: Priority = Priority.PUSH) -> datetime:
    with pytest.raises(OutOfQuota) as refused:
        await fly(quota, 1, priority)
    return refused.value.until


async def test_the_sixty_first_call_waits_until_a_minute_after_the_first_answer(quota: Quota, clock: Moments) -> None:
    async with quota.flight(Priority.PUSH) as flight:
        clock.advance(7)
        flight.heard = True
    answered_at = clock.now()
    clock.advance(20)
    await fly(quota, 59)
    assert await refusal(quota) == answered_at + timedelta(seconds=60)
    clock.advance(39.9)
    assert await refusal(quota) > clock.now()
    clock.advance(0.1)
    await fly(quota)


async def test_before_the_first_answer_only_one_call_flies(store: Callable[[Limits], Store], clock: Moments) -> None:
    quota = quota_on(store(LIMITS), clock)
    async with quota.flight(Priority.PUSH):
        await refusal(quota)
    async with quota.flight(Priority.PUSH) as flight:
        flight.heard = True
    async with quota.flight(Priority.PUSH), quota.flight(Priority.PUSH):
        pass


async def test_the_fifth_call_at_once_is_turned_away_after_a_moment(quota: Quota, clock: Moments) -> None:
    async with AsyncExitStack() as flights:
        for _ in range(4):
            await flights.enter_async_context(quota.flight(Priority.PUSH))
        began_at = clock.now()
        assert await refusal(quota) - clock.now() == timedelta(seconds=1)
        assert clock.now() - began_at == timedelta(seconds=1)
    await fly(quota)


async def test_a_call_that_lands_meanwhile_makes_room(quota: Quota, clock: Moments) -> None:
    flights = AsyncExitStack()
    for _ in range(4):
        await flights.enter_async_context(quota.flight(Priority.PUSH))
    clock.meanwhile = flights.aclose
    await fly(quota)


async def test_a_call_that_is_never_answered_gives_its_seat_back(quota: Quota, clock: Moments) -> None:
    lost = [quota.flight(Priority.PUSH) for _ in range(4)]
    for flight in lost:
        await flight.__aenter__()
    clock.advance(LIMITS.flight_seconds + 1)
    await fly(quota)
    for flight in lost:
        await flight.__aexit__(None, None, None)


async def test_the_place_of_a_call_that_is_never_answered_frees_a_minute_after_it_is_given_up(
    quota: Quota, clock: Moments
) -> None:
    lost = quota.flight(Priority.PUSH)
    await lost.__aenter__()
    given_up_at = clock.now() + timedelta(seconds=LIMITS.flight_seconds)
    await fly(quota, 59)
    clock.advance(60)
    await fly(quota, 59)
    assert await refusal(quota) == given_up_at + timedelta(seconds=60)
    await lost.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("priority", "calls"),
    [(Priority.PERSON, 60), (Priority.PUSH, 60), (Priority.RECONCILE, 54), (Priority.BACKFILL, 48)],
)
async def test_less_urgent_calls_leave_room_in_the_minute(quota: Quota, priority: Priority, calls: int) -> None:
    await fly(quota, calls, priority)
    await refusal(quota, priority)
    await fly(quota, 60 - calls, Priority.PERSON)


@pytest.mark.parametrize(
    ("priority", "calls"), [(Priority.PUSH, 40), (Priority.RECONCILE, 38), (Priority.BACKFILL, 36)]
)
async def test_less_urgent_calls_leave_room_in_the_day(
    store: Callable[[Limits], Store], clock: Moments, priority: Priority, calls: int
) -> None:
    quota = quota_on(store(Limits(day=40)), clock)
    began_at = clock.now()
    await fly(quota, calls, priority)
    until = await refusal(quota, priority)
    assert timedelta(hours=24) <= until - began_at <= timedelta(hours=24, minutes=5)
    await fly(quota, 40 - calls, Priority.PERSON)
    clock.advance((until - clock.now()).total_seconds())
    await fly(quota, 1, priority)


async def test_a_look_and_its_write_are_reserved_together_or_not_at_all(quota: Quota) -> None:
    await fly(quota, 59)
    with pytest.raises(OutOfQuota):
        async with quota.reserve(2, Priority.PUSH):
            pytest.fail("there was room for one call only")
    async with quota.reserve(1, Priority.PUSH):
        await fly(quota)
    await refusal(quota)


async def test_a_reservation_keeps_its_place_while_others_use_up_the_minute(quota: Quota) -> None:
    async with quota.reserve(2, Priority.PUSH):
        await asyncio.create_task(_others(quota, 58))
        await fly(quota, 2)
    await refusal(quota)


async def _others(quota: Quota, calls: int) -> None:
    others = Quota(quota._store, quota._clock, (f"other-{number}" for number in count()).__next__)
    await fly(others, calls)


async def test_what_was_reserved_and_not_used_is_given_back(quota: Quota) -> None:
    async with quota.reserve(30, Priority.PUSH):
        await fly(quota, 10)
    await fly(quota, 50)
    await refusal(quota)


async def test_a_reservation_inside_another_leaves_it_as_it_was(quota: Quota) -> None:
    async with quota.reserve(30, Priority.PUSH):
        async with quota.reserve(30, Priority.PUSH):
            await fly(quota, 30)
        await fly(quota, 30)
    await refusal(quota)


async def heard(quota: Quota, **said: object) -> None:
    async with quota.flight(Priority.PUSH) as flight:
        told = Flight(heard=True, **said)  # type: ignore[arg-type]  # each test says its own part
        flight.heard, flight.minute_left, flight.day_left = told.heard, told.minute_left, told.day_left
        flight.broken, flight.park_seconds = told.broken, told.park_seconds


async def test_the_vendors_count_of_the_minute_corrects_ours_at_once(quota: Quota, clock: Moments) -> None:
    await heard(quota, minute_left=2)
    await fly(quota, 2)
    await refusal(quota)
    clock.advance(60)
    await fly(quota)


async def test_the_vendors_count_of_the_day_corrects_ours_at_once(quota: Quota) -> None:
    await heard(quota, day_left=1)
    await fly(quota)
    await refusal(quota)


async def test_a_vendor_that_counts_as_we_do_changes_nothing(quota: Quota) -> None:
    for left in range(59, -1, -1):
        await heard(quota, minute_left=left, day_left=900)
    await refusal(quota)


async def test_a_vendor_that_begins_a_new_minute_does_not_loosen_ours(quota: Quota) -> None:
    await fly(quota, 59)
    await heard(quota, minute_left=59)
    await refusal(quota)


async def test_calls_on_their_way_are_not_taken_for_somebody_elses(quota: Quota) -> None:
    async with quota.flight(Priority.PUSH), quota.flight(Priority.PUSH):
        await heard(quota, minute_left=57)
    await fly(quota, 57)
    await refusal(quota)


@pytest.mark.parametrize("limit", [Limit.MINUTE, Limit.DAY, Limit.APP_MINUTE])
async def test_a_broken_limit_parks_the_organisation_until_the_time_given(
    quota: Quota, clock: Moments, limit: Limit
) -> None:
    await heard(quota, broken=limit, park_seconds=500)
    assert await refusal(quota, Priority.PERSON) == clock.now() + timedelta(seconds=500)
    clock.advance(500)
    await fly(quota)


async def seats(quota: Quota) -> int:
    async with AsyncExitStack() as flights:
        for taken in range(10):
            try:
                await flights.enter_async_context(quota.flight(Priority.PUSH))
            except OutOfQuota:
                return taken
    return 10


async def test_a_concurrent_refusal_halves_the_seats_which_grow_back_one_a_minute(quota: Quota, clock: Moments) -> None:
    assert await seats(quota) == 4
    await heard(quota, broken=Limit.CONCURRENT, park_seconds=1)
    assert await seats(quota) == 2
    await heard(quota, broken=Limit.CONCURRENT, park_seconds=1)
    assert await seats(quota) == 1
    clock.advance(60)
    assert await seats(quota) == 2
    clock.advance(120)
    assert await seats(quota) == 4


async def test_a_call_that_fails_still_counts(quota: Quota) -> None:
    await fly(quota, 59)
    with pytest.raises(ConnectionError):
        async with quota.flight(Priority.PUSH):
            raise ConnectionError
    await refusal(quota)


async def test_a_reservation_around_another_counts_for_it(quota: Quota) -> None:
    await fly(quota, 58)
    async with quota.reserve(1, Priority.PUSH):
        async with quota.reserve(2, Priority.PUSH):
            await fly(quota)
        await fly(quota)
    await refusal(quota)
