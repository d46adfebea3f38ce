"""One drain a lane, under its lease, within its time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.engine.events import Origin
from app.engine.ledger import Lease
from app.engine.records import RecordRef, System
from app.errors import OutOfQuota
from app.store import leases
from app.store.database import Database
from app.store.leases import LaneLease
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.virtual_loop import LoopClock, run_virtually
from tests.support.world import World, phone
from workers.lanes import BACKFILL_SECONDS, DRAIN_SECONDS, Drains

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
async def database(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Lines are kept and not printed: to print a trace with its frames takes seconds."""
    with capture_logs():
        yield


def interrupted(world: World) -> InterruptedVendor:
    """Puts a Xero into the world that a test can interrupt."""
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    return xero


async def take(world: World, worker: str) -> Lease:
    lease = await world.database.run(lambda conn: leases.take(conn, world.lane, worker, world.clock.now(), 25))
    assert lease
    return lease


async def held(database: Database) -> LaneLease:
    (lease,) = await database.read(leases.held)
    return lease


async def test_a_lane_that_another_worker_drains_is_left_alone(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await take(world, "worker-2")
    await world.drain()
    assert world.salesforce.calls == world.xero.calls == []
    assert (await held(world.database)).owner == "worker-2"


async def test_a_lane_that_no_sync_names_is_left_alone(world: World) -> None:
    await Drains(world.runtime).drain("gone/Contact")
    assert await world.database.read(leases.held) == ()


async def test_a_drained_lane_is_let_go(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert (await held(world.database)).owner is None


async def test_what_becomes_due_while_a_batch_is_under_way_is_drained_too(world: World) -> None:
    xero = interrupted(world)

    async def another_account() -> None:
        await world.edit(SALESFORCE, None, Name="Second")

    xero.interrupt("send", "after", another_account)
    await world.edit(SALESFORCE, None, Name="First")
    await world.drain()
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")] == ["First", "Second"]
    assert (await held(world.database)).owner is None


async def test_an_edit_of_a_record_that_is_being_written_is_written_after_it(world: World) -> None:
    xero = interrupted(world)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")

    async def a_person_edits() -> None:
        await world.edit(SALESFORCE, account, Phone="03 222")

    xero.interrupt("send", "before", a_person_edits)
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert await world.outcomes() == {"applied": 2}


async def test_a_ring_during_a_drain_starts_no_second_one_and_is_passed_on(world: World) -> None:
    xero, drains = interrupted(world), Drains(world.runtime)
    epochs: list[int] = []

    async def ring_again() -> None:
        await drains.drain(world.lane)
        epochs.append((await held(world.database)).epoch)

    xero.interrupt("send", "before", ring_again)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await drains.drain(world.lane)
    assert epochs == [1]
    assert world.doorbell.rings == [world.lane]
    await drains.drain(world.lane)
    assert world.doorbell.rings == [world.lane]


async def test_a_ring_for_one_lane_is_no_ring_for_another(world: World) -> None:
    xero, drains = interrupted(world), Drains(world.runtime)
    xero.interrupt("send", "before", lambda: drains.drain("other/Contact"))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await drains.drain(world.lane)
    assert world.doorbell.rings == []


async def test_a_parked_lane_is_let_go_and_left_alone_until_its_time(world: World) -> None:
    until = world.clock.now() + timedelta(minutes=4)
    world.xero.fail_next(OutOfQuota("the minute is used up", until=until), method="send")
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    parked = await held(world.database)
    assert (parked.owner, parked.parked_until, parked.parked_because) == (None, until, "the minute is used up")
    calls = len(world.xero.calls)
    world.clock.advance(120)
    await world.drain()
    assert len(world.xero.calls) == calls
    world.clock.advance((until - world.clock.now()).total_seconds())
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"


async def test_a_drain_that_loses_its_lease_settles_nothing_and_its_successor_does_it_all(world: World) -> None:
    xero = interrupted(world)

    async def another_worker_takes_over() -> None:
        world.clock.advance(30)
        await take(world, "worker-2")

    xero.interrupt("send", "before", another_worker_takes_over)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert await world.outcomes() == {"pending": 1}
    assert await world.link_count() == 0
    world.restart("worker-2")
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert world.writes(XERO) == 1
    assert await world.link_count() == 1


def test_a_drain_that_runs_out_of_time_lets_go_and_rings_for_what_is_left() -> None:
    async def story() -> None:
        clock = LoopClock()
        database = Database.direct("sqlite://", clock_now=clock.now)
        await database.migrate()
        world = World(database, clock)
        xero = interrupted(world)

        async def a_slow_write_in_which_another_account_is_entered() -> None:
            xero.interrupt("send", "before", a_slow_write_in_which_another_account_is_entered)
            await asyncio.sleep(3)
            await world.edit(SALESFORCE, None, Name=f"Customer {len(world.salesforce.all('Account'))}")

        xero.interrupt("send", "before", a_slow_write_in_which_another_account_is_entered)
        await world.edit(SALESFORCE, None, Name="Customer 0")
        began = asyncio.get_running_loop().time()
        await world.drain()
        assert DRAIN_SECONDS <= asyncio.get_running_loop().time() - began < DRAIN_SECONDS + 2 * 3
        assert world.doorbell.rings == [world.lane]
        assert (await held(database)).owner is None
        assert (await world.outcomes())["pending"] >= 1
        await database.close()

    run_virtually(story)


def test_a_drain_that_makes_an_end_takes_what_is_live_and_no_more_backfill() -> None:
    async def story() -> None:
        clock = LoopClock()
        database = Database.direct("sqlite://", clock_now=clock.now)
        await database.migrate()
        world = World(database, clock)
        xero, loop = interrupted(world), asyncio.get_running_loop()
        live = await world.edit(SALESFORCE, None, Name="Live")
        await world.drain()
        world.runtime = replace(world.runtime, settings=world.runtime.settings.model_copy(update={"batch_size": 1}))
        old = [world.salesforce.put("Account", None, {"Name": f"Old {number}"}) for number in range(20)]
        for each in old:
            await world.record(replace(world.event(SALESFORCE, each), origin=Origin.BACKFILL, version=None))
        began, written_at = loop.time(), list[float]()

        async def a_slow_write() -> None:
            written_at.append(loop.time() - began)
            xero.interrupt("send", "before", a_slow_write)
            await asyncio.sleep(3)

        xero.interrupt("send", "before", a_slow_write)
        draining = asyncio.create_task(world.drain())
        await asyncio.sleep(BACKFILL_SECONDS + 0.2)
        await world.edit(SALESFORCE, live, Phone="03 222")
        await draining
        *_, third, ours, fourth = written_at
        assert (third, fourth) == (6, 9)
        assert BACKFILL_SECONDS < ours < fourth
        assert len(world.xero.all("Contact")) == 5
        assert world.doorbell.rings == [world.lane]
        await database.close()

    run_virtually(story)


def test_a_drain_outlives_a_database_that_does_not_renew_but_sends_nothing_more() -> None:
    async def story() -> None:
        clock = LoopClock()
        database = Database.direct("sqlite://", clock_now=clock.now)
        await database.migrate()
        world = World(database, clock)
        xero = interrupted(world)

        async def somebody_else_takes_the_lane_meanwhile() -> None:
            clock.advance(26)
            await take(world, "worker-2")
            await asyncio.sleep(10)

        xero.interrupt("read", "before", somebody_else_takes_the_lane_meanwhile)
        contact = await world.edit(XERO, None, Name="Ridgeway")
        await world.drain()
        assert world.calls(SALESFORCE, "changed") == world.calls(SALESFORCE, "send") == 0
        assert (await held(database)).owner == "worker-2"
        assert world.only(XERO).ref == RecordRef(XERO, "Contact", contact)
        await database.close()

    run_virtually(story)


def test_a_lane_that_is_parked_for_a_moment_is_rung_when_its_time_comes() -> None:
    async def story() -> None:
        clock = LoopClock()
        database = Database.direct("sqlite://", clock_now=clock.now)
        await database.migrate()
        world = World(database, clock)
        until = clock.now() + timedelta(seconds=20)
        world.xero.fail_next(OutOfQuota("the minute is used up", until=until), method="reserve")
        await world.edit(SALESFORCE, None, Name="Ridgeway")
        await world.drain()
        assert world.doorbell.rings == []
        await asyncio.sleep(20)
        assert world.doorbell.rings == [world.lane]
        await world.drain()
        assert world.only(XERO).fields["Name"] == "Ridgeway"
        await database.close()

    run_virtually(story)


def test_a_lane_goes_on_after_a_park_though_a_call_is_still_under_way() -> None:
    async def story() -> None:
        clock = LoopClock()
        database = Database.direct("sqlite://", clock_now=clock.now)
        await database.migrate()
        world = World(database, clock)
        accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(2)]
        await world.drain()
        clock.advance(60)
        world.runtime = replace(world.runtime, settings=world.runtime.settings.model_copy(update={"batch_size": 1}))
        xero, begun_at = world.xero, clock.now()
        assert isinstance(xero, InterruptedVendor)

        async def slow() -> None:
            await asyncio.sleep(10)

        xero.interrupt("send", "before", slow)
        xero.fail_next(OutOfQuota("the minute is used up", until=clock.now() + timedelta(seconds=3)), method="reserve")
        for account in accounts:
            await world.edit(SALESFORCE, account, Phone="03 222")
        await world.drain()
        assert (clock.now() - begun_at).total_seconds() < 13
        assert [seen.fields["Phones"] for seen in world.xero.all("Contact")] == [phone("03 222")] * 2
        await database.close()

    run_virtually(story)
