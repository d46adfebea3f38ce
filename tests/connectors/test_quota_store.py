"""Processes share one count through Redis, and stay polite when Redis forgets, hangs or is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import SharedStore
from app.engine.events import Priority
from app.errors import OutOfQuota
from tests.support.clock import VirtualClock

LIMITS = Limits(minute=10, day=1000, at_once=4)


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey_url)
    yield client
    await client.aclose()


def process(redis: Redis, clock: VirtualClock, name: str = "a", processes: int = 1) -> Quota:
    store = SharedStore(
        redis,
        "quota",
        LIMITS,
        clock,
        process=name,
        processes=processes,
        patience_seconds=0.2,
        server_time=False,
    )
    return Quota(store, clock, (f"{name}-{number}" for number in count()).__next__)


async def flown(quota: Quota, calls: int = 100) -> int:
    """How many of `calls` were let through."""
    for done in range(calls):
        try:
            async with quota.flight(Priority.PUSH) as flight:
                flight.heard = True
        except OutOfQuota:
            return done
    return calls


async def test_two_processes_share_one_minute(redis: Redis, clock: VirtualClock) -> None:
    one, other = process(redis, clock, "a", 2), process(redis, clock, "b", 2)
    assert await flown(one, 7) == 7
    assert await flown(other) == 3
    assert await flown(one) == 0


async def test_processes_that_call_at_the_same_time_lose_no_count(redis: Redis, clock: VirtualClock) -> None:
    crowd = [process(redis, clock, f"p{number}", 5) for number in range(5)]
    assert sum(await asyncio.gather(*(flown(quota, 4) for quota in crowd))) == 10


async def test_redis_may_tell_the_time(redis: Redis, clock: VirtualClock) -> None:
    numbers = count()
    quota = Quota(SharedStore(redis, "quota", LIMITS, clock), clock, lambda: str(next(numbers)))
    assert await flown(quota) == 10


async def test_an_emptied_redis_makes_a_lone_process_forget_nothing(redis: Redis, clock: VirtualClock) -> None:
    quota = process(redis, clock)
    assert await flown(quota, 6) == 6
    await redis.flushdb()
    assert await flown(quota) == 4


async def test_a_count_of_another_version_is_read_as_far_as_it_is_known(redis: Redis, clock: VirtualClock) -> None:
    assert await flown(process(redis, clock), 6) == 6
    text = (await redis.get("quota")).decode()
    await redis.set("quota", text.replace("{", '{"of_a_later_version":1,', 1))
    assert await flown(process(redis, clock, "b")) == 4


@pytest.mark.parametrize("text", ["no count", '{"born":"long ago"}', "[]"])
async def test_a_count_that_nobody_can_read_is_taken_for_lost(redis: Redis, clock: VirtualClock, text: str) -> None:
    quota = process(redis, clock)
    assert await flown(quota, 6) == 6
    await redis.set("quota", text)
    assert await flown(quota) == 4


async def test_an_emptied_redis_makes_several_processes_wait_until_nothing_is_unknown(
    redis: Redis, clock: VirtualClock
) -> None:
    one, other = process(redis, clock, "a", 2), process(redis, clock, "b", 2)
    assert await flown(one, 1) == 1
    assert await flown(other, 9) == 9
    await redis.flushdb()
    assert await flown(one) == 0
    clock.advance(LIMITS.flight_seconds + 1)
    assert await flown(one) == LIMITS.at_once
    clock.advance(60)
    assert await flown(one) == 10


async def test_once_all_have_told_what_they_knew_of_a_lost_count_nobody_waits(
    redis: Redis, clock: VirtualClock
) -> None:
    one, other = process(redis, clock, "a", 2), process(redis, clock, "b", 2)
    assert await flown(one, 3) == 3
    assert await flown(other, 2) == 2
    await redis.flushdb()
    clock.advance(0.5)
    assert await flown(one) == 0
    assert await flown(other, 1) == 1
    assert await flown(one) == 10 - 3 - 2 - 1


async def test_who_has_counted_lately_and_not_told_is_waited_for(redis: Redis, clock: VirtualClock) -> None:
    one, other, third = (process(redis, clock, name, 2) for name in "abc")
    assert await flown(one, 1) == await flown(third, 1) == await flown(other, 1) == 1
    await redis.flushdb()
    clock.advance(0.5)
    assert await flown(one) == await flown(other) == 0
    assert await flown(third, 1) == 1
    assert await flown(one) == 10 - 3 - 1


async def test_of_a_lost_count_one_asks_again_soon(redis: Redis, clock: VirtualClock) -> None:
    one, other = process(redis, clock, "a", 2), process(redis, clock, "b", 2)
    assert await flown(one, 1) == await flown(other, 1) == 1
    await redis.flushdb()
    clock.advance(0.5)
    with pytest.raises(OutOfQuota, match="the shared count was lost") as denied:
        async with one.reserve(1, Priority.PUSH):
            pass
    assert denied.value.until == clock.now() + timedelta(seconds=1)


async def test_after_a_loss_the_vendor_tells_what_is_left_of_the_minute(redis: Redis, clock: VirtualClock) -> None:
    one, other = process(redis, clock, "a", 2), process(redis, clock, "b", 2)
    assert await flown(one, 1) == await flown(other, 1) == 1
    await redis.flushdb()
    assert await flown(one) == 0
    clock.advance(LIMITS.flight_seconds + 1)
    async with one.flight(Priority.PUSH) as flight:
        flight.heard, flight.minute_left = True, LIMITS.minute - 1
    assert await flown(one) == LIMITS.minute - 2


async def test_a_count_that_another_process_began_anew_gets_what_we_know(redis: Redis, clock: VirtualClock) -> None:
    one = process(redis, clock, "a")
    assert await flown(one, 6) == 6
    await redis.flushdb()
    clock.advance(0.5)
    assert await flown(process(redis, clock, "newcomer"), 1) == 1
    assert await flown(one) == 3


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[Redis, list[int]]]:
    """A Redis that takes connections and never answers, and a list that grows with each."""
    connections = list[int]()

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Redis(port=port, retry=Retry(NoBackoff(), 0))
    yield client, connections
    await client.aclose()
    server.close()
    await server.wait_closed()


async def test_a_redis_that_hangs_is_given_up_and_left_alone_for_a_while(clock: VirtualClock) -> None:
    async with hanging() as (redis, connections):
        quota = process(redis, clock)
        assert await flown(quota) == 10
        assert len(connections) == 1
        clock.advance(11)
        await flown(quota, 1)
        assert len(connections) == 2


async def test_without_redis_each_process_keeps_to_its_share_after_a_silence(clock: VirtualClock) -> None:
    async with hanging() as (redis, _):
        quota = process(redis, clock, processes=2)
        assert await flown(quota) == 0
        clock.advance(LIMITS.flight_seconds + 61)
        assert await flown(quota) == 5


async def test_a_redis_that_is_gone_does_not_stop_a_lone_process(clock: VirtualClock) -> None:
    gone = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    assert await flown(process(gone, clock)) == 10
    await gone.aclose()


class Unplugged:
    """A Redis whose cable can be pulled."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.plugged = True

    async def eval(self, *arguments: object) -> object:
        if not self.plugged:
            raise ConnectionResetError
        return await self.redis.eval(*arguments)  # type: ignore[misc,arg-type]  # passed through as given


async def test_calls_made_alone_are_counted_when_redis_is_back(redis: Redis, clock: VirtualClock) -> None:
    cable = Unplugged(redis)
    quota = process(cable, clock)  # type: ignore[arg-type]  # only eval is used
    assert await flown(quota, 3) == 3
    cable.plugged = False
    assert await flown(quota, 4) == 4
    cable.plugged = True
    clock.advance(10)
    assert await flown(quota) == 3
    assert await flown(process(redis, clock, "other")) == 0
