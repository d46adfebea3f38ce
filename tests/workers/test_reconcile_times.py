"""When reconcile reads: by its interval, by a wish, never twice at once, within a tenth of the day's calls."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.events import Kind
from app.engine.records import System
from app.errors import Unreachable
from app.mapping.model import Sync
from app.runtime import Runtime
from app.settings import XeroConnection
from app.store import cursors, runs
from app.store.cursors import Cursor
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.world import World, accounts_sync
from workers.reconcile import CLAIM_SECONDS, interval_seconds, reconcile_due
from workers.targets import Target, targets

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
async def database(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


def contacts(world: World) -> Target:
    return Target(world.sync, XERO, "Contact")


def accounts(world: World) -> Target:
    return Target(world.sync, SALESFORCE, "Account")


async def cursor_of(world: World, target: Target) -> Cursor:
    found = await world.database.read(lambda conn: cursors.get(conn, *target.cursor))
    assert found
    return found


async def last_run(world: World) -> runs.Run:
    return (await world.database.read(runs.latest))[0]


async def wish(world: World, target: Target) -> None:
    await world.database.run(lambda conn: cursors.request_scan(conn, *target.cursor, world.clock.now()))


async def test_nothing_is_read_before_its_time(world: World) -> None:
    await reconcile_due(world.runtime)
    calls = len(world.xero.calls)
    world.clock.advance(899)
    await reconcile_due(world.runtime)
    assert len(world.xero.calls) == calls
    world.clock.advance(1)
    await reconcile_due(world.runtime)
    assert len(world.xero.calls) == calls + 1


async def test_an_object_that_one_worker_reads_is_left_alone_by_the_others(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()

    async def another_worker_looks() -> None:
        world.clock.advance(CLAIM_SECONDS - 1)
        await reconcile_due(world.runtime)

    xero.interrupt("changed", "after", another_worker_looks)
    await reconcile_due(world.runtime)
    assert world.calls(XERO, "changed") == 1


async def test_an_object_whose_reader_died_is_read_by_another(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()

    async def the_process_dies() -> None:
        raise RuntimeError("the process is gone")

    began_at = world.clock.now()
    xero.interrupt("changed", "after", the_process_dies)
    with pytest.raises(RuntimeError):
        await reconcile_due(world.runtime)
    world.clock.advance(CLAIM_SECONDS)
    await reconcile_due(world.runtime)
    assert (await cursor_of(world, contacts(world))).position == began_at


async def test_a_wish_for_a_scan_is_met_at_once_and_only_once(world: World) -> None:
    await reconcile_due(world.runtime)
    world.clock.advance(10)
    await wish(world, contacts(world))
    calls = len(world.xero.calls), len(world.salesforce.calls)
    world.clock.advance(5)
    await reconcile_due(world.runtime)
    await reconcile_due(world.runtime)
    assert (len(world.xero.calls), len(world.salesforce.calls)) == (calls[0] + 1, calls[1])
    assert (await cursor_of(world, contacts(world))).scan_requested_at is None


async def test_a_wish_that_a_failing_vendor_leaves_open_is_not_repeated_every_few_seconds(world: World) -> None:
    await wish(world, contacts(world))
    world.clock.advance(1)
    for _ in range(3):
        world.xero.fail_next(Unreachable("offline"), method="changed")
    for _ in range(10):
        await reconcile_due(world.runtime)
        world.clock.advance(5)
    assert world.calls(XERO, "changed") == 1
    assert (await cursor_of(world, contacts(world))).scan_requested_at


async def test_a_wish_that_comes_during_a_scan_brings_another_one(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()

    async def somebody_wishes() -> None:
        world.clock.advance(1)
        await wish(world, contacts(world))
        world.clock.advance(1)

    xero.interrupt("changed", "after", somebody_wishes)
    await reconcile_due(world.runtime)
    await reconcile_due(world.runtime)
    await reconcile_due(world.runtime)
    assert world.calls(XERO, "changed") == 2
    assert (await cursor_of(world, contacts(world))).scan_requested_at is None


async def test_an_event_that_asks_for_a_scan_is_settled_by_it(world: World) -> None:
    await world.record(replace(world.event(XERO, "*", Kind.SCAN), record_id=None))
    assert await world.outcomes() == {"pending": 1}
    world.clock.advance(1)
    await reconcile_due(world.runtime)
    assert await world.outcomes() == {"applied": 1}


def test_every_object_of_either_system_is_a_target_once() -> None:
    sync = accounts_sync()
    twin = replace(sync.mappings["customers"], name="others")
    two = replace(sync, mappings={**sync.mappings, "others": twin})
    named = [(target.system, target.object, target.lanes) for target in targets({"accounts": two})]
    assert named == [(SALESFORCE, "Account", ("accounts/Contact",)), (XERO, "Contact", ("accounts/Contact",))]


@pytest.mark.parametrize(
    ("daily_limit", "objects", "seconds"), [(5000, 1, 900.0), (1000, 1, 900.0), (1000, 4, 3456.0), (5000, 4, 900.0)]
)
def test_all_reconciling_takes_at_most_a_tenth_of_the_days_calls(
    daily_limit: int, objects: int, seconds: float
) -> None:
    assert interval_seconds(900, daily_limit, objects) == seconds


async def test_only_objects_of_one_connection_share_its_calls(world: World) -> None:
    runtime = with_daily_limit(world, 500)
    await reconcile_due(runtime)
    assert (await cursor_of(world, contacts(world))).next_at == world.clock.now() + timedelta(seconds=1728)
    assert (await cursor_of(world, accounts(world))).next_at == world.clock.now() + timedelta(seconds=900)


async def test_two_syncs_of_one_organisation_share_its_calls(world: World) -> None:
    second: Sync = replace(world.sync, name="second")
    runtime = replace(with_daily_limit(world, 500), syncs={"accounts": world.sync, "second": second})
    await reconcile_due(runtime)
    assert (await cursor_of(world, contacts(world))).next_at == world.clock.now() + timedelta(seconds=2 * 1728)


def with_daily_limit(world: World, calls: int) -> Runtime:
    """The world's runtime, whose organisation allows so many calls a day."""
    one: XeroConnection = world.runtime.settings.xero["main"]
    changed = {"xero": {"main": one.model_copy(update={"daily_limit": calls})}}
    return replace(world.runtime, settings=world.runtime.settings.model_copy(update=changed))
