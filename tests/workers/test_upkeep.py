"""What the queue lost is rung again."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from app.cli.telling_why import lines
from app.connectors.usage import Used
from app.engine.actions import Declined
from app.engine.ledger import CallResult
from app.engine.records import RecordRef, System
from app.errors import StoreUnavailable
from app.mapping.model import Mode
from app.store import calls, leases, outcomes, previews, stories, usage
from app.store.database import Database
from app.store.retention import Kind
from tests.support.clock import VirtualClock
from tests.support.records import NOON, call
from tests.support.world import World, accounts_sync
from workers.upkeep import FORGOTTEN_AT_ONCE, forget_what_is_old, put_down_usage, ring_forgotten_lanes

SALESFORCE = System.SALESFORCE
DAY = 86_400.0


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

    async def run(self, work):  # type: ignore[no-untyped-def] # the signature is the door's own
        raise StoreUnavailable("locked")


async def test_a_database_that_is_away_is_asked_again_next_time(world: World, clock: VirtualClock) -> None:
    away = _DatabaseAway.direct("sqlite://", clock_now=clock.now)
    assert await ring_forgotten_lanes(replace(world.runtime, database=away)) == ()
    assert world.doorbell.rings == []


async def test_what_was_used_is_put_down(world: World) -> None:
    world.runtime.usage.meter(System.XERO, "nz").count(Used(7, 90), world.clock.now())
    await put_down_usage(world.runtime)
    await put_down_usage(world.runtime)
    [tally] = await world.database.read(lambda conn: usage.of_day(conn, "2026-03-02"))
    assert (tally.calls, tally.bytes_out, tally.calls_left) == (1, 7, 90)


async def test_what_was_used_is_kept_while_the_database_is_away(world: World) -> None:
    world.runtime.usage.meter(System.XERO, "nz").count(Used(7, 90), world.clock.now())
    away = _DatabaseAway.direct("sqlite://", clock_now=world.clock.now)
    await put_down_usage(replace(world.runtime, database=away))
    [tally] = world.runtime.usage.take()
    assert tally.calls == 1


async def test_what_was_sent_is_forgotten_after_the_days_that_the_settings_say(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(89 * DAY)
    assert await forgotten(world) == (0, 0, 0)
    world.clock.advance(2 * DAY)
    assert await forgotten(world) == (1, 1, 0)
    ref = RecordRef(SALESFORCE, "Account", account)
    story = await world.database.read(lambda conn: stories.of_record(conn, ref, [world.sync.name]))
    assert (len(story.history), story.calls) == (1, {})
    assert list(lines(story))


async def test_a_great_many_calls_are_forgotten_in_several_transactions(world: World) -> None:
    number = FORGOTTEN_AT_ONCE + 5

    def send(conn: Connection) -> None:
        for _ in range(number):
            calls.answer(conn, calls.open(conn, call(), NOON).id, CallResult.NOT_DONE, None, None, NOON)

    await world.database.run(send)
    world.clock.advance(91 * DAY)
    assert await forgotten(world) == (number, 0, 0)


async def forgotten(world: World) -> tuple[int, int, int]:
    """How many calls, events and lines of history were forgotten just now."""
    found = await forget_what_is_old(world.runtime)
    return found[Kind.CALLS], found[Kind.EVENTS], found[Kind.HISTORY]


async def test_an_event_that_is_not_over_is_never_forgotten_and_the_accounts_still_add_up(world: World) -> None:
    done = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.xero.decline_next(Declined("email", "Email address must be valid."))
    dead = await world.edit(SALESFORCE, None, Name="Harbour")
    await world.drain()
    waits = await world.edit(SALESFORCE, None, Name="Hillside")
    world.clock.advance(91 * DAY)
    assert (await forgotten(world))[1] == 1
    left = {id: await told(world, id) for id in (done, dead, waits)}
    assert {id: len(events) for id, events in left.items()} == {done: 0, dead: 1, waits: 1}
    assert await world.outcomes() == {"dead": 1, "pending": 1}
    await world.push(SALESFORCE, done)
    await world.drain()
    assert await world.link_count() == 2, "what was forgotten is no other record now"


async def told(world: World, account: str) -> Sequence[outcomes.Told]:
    return await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Account", account))


async def test_history_is_forgotten_last_of_all(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(729 * DAY)
    assert (await forgotten(world))[2] == 0
    world.clock.advance(2 * DAY)
    assert (await forgotten(world))[2] == 1


async def test_a_preview_that_was_void_does_not_come_back_when_its_events_are_forgotten(sqlite_url: str) -> None:
    clock = VirtualClock()
    database = await Database.open(sqlite_url, clock_now=clock.now)
    world = World(database, clock, accounts_sync(mode=Mode.OBSERVE))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert (await previewed(world)).counts == {("create", "xero"): 1}
    clock.advance(60)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()
    assert (await previewed(world)).counts == {}
    clock.advance(91 * DAY)
    await forgotten(world)
    assert (await previewed(world)).counts == {}
    await database.close()


async def previewed(world: World) -> previews.Preview:
    return await world.database.read(lambda conn: previews.of_sync(conn, world.sync.name, None))
