"""What the queue lost is rung again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.records import System
from app.errors import StoreUnavailable
from app.store import leases
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World
from workers.upkeep import ring_forgotten_lanes

SALESFORCE = System.SALESFORCE


@pytest.fixture
async def world(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[World]:
    database = await Database.open(sqlite_url, clock_now=clock.now)
    yield World(database, clock)
    await database.close()


async def test_a_lane_with_work_that_nobody_does_is_rung(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    assert await ring_forgotten_lanes(world.runtime) == (world.lane,)
    assert world.doorbell.rings == [world.lane]


async def test_a_lane_without_work_is_not_rung(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert await ring_forgotten_lanes(world.runtime) == ()
    assert world.doorbell.rings == []


async def test_a_lane_is_rung_when_the_lease_of_its_dead_worker_has_run_out(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.database.run(lambda conn: leases.take(conn, world.lane, "dead", world.clock.now(), 25))
    assert await ring_forgotten_lanes(world.runtime) == ()
    world.clock.advance(25)
    assert await ring_forgotten_lanes(world.runtime) == (world.lane,)


async def test_a_parked_lane_is_rung_when_its_time_has_come(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    until = world.clock.now() + timedelta(minutes=5)

    async def park() -> None:
        lease = await world.database.run(lambda conn: leases.take(conn, world.lane, "w", world.clock.now(), 25))
        assert lease
        await world.database.run(lambda conn: leases.park(conn, lease, until, "the day is used up"))

    await park()
    assert await ring_forgotten_lanes(world.runtime) == ()
    world.clock.advance(300)
    assert await ring_forgotten_lanes(world.runtime) == (world.lane,)


class _DatabaseAway(Database):
    async def read(self, work):  # type: ignore[no-untyped-def] # the signature is the door's own
        raise StoreUnavailable("locked")


async def test_a_database_that_is_away_is_asked_again_next_time(world: World, clock: VirtualClock) -> None:
    away = _DatabaseAway.direct("sqlite://", clock_now=clock.now)
    assert await ring_forgotten_lanes(replace(world.runtime, database=away)) == ()
    assert world.doorbell.rings == []
