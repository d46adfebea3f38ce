"""Reconcile finds what the pushes missed, politely, and never forgets where it was."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.engine.records import System
from app.errors import OutOfQuota, StoreUnavailable, Unreachable
from app.store import cursors, runs
from app.store.cursors import Cursor
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor, until
from tests.support.people import people_sync
from tests.support.vendor import Happening
from tests.support.world import World, phone
from workers.reconcile import AGAIN_SECONDS, reconcile, reconcile_due
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


async def test_a_first_run_reads_only_from_now_on(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "From long ago"})
    world.clock.advance(3600)
    world.xero.put("Contact", None, {"Name": "Just now"})
    counts = await reconcile(world.runtime, contacts(world))
    assert (counts.records, counts.events) == (1, 1)


async def test_a_later_run_reads_from_its_cursor_less_an_overlap(world: World) -> None:
    await reconcile(world.runtime, contacts(world))
    world.clock.advance(-100)
    world.xero.put("Contact", None, {"Name": "Shown late"})
    world.clock.advance(3600)
    assert (await reconcile(world.runtime, contacts(world))).records == 1


async def test_what_an_overlap_shows_again_makes_no_new_work(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "Ridgeway"})
    first = await reconcile(world.runtime, contacts(world))
    again = await reconcile(world.runtime, contacts(world))
    assert (first.events, again.records, again.events) == (1, 1, 0)


async def test_a_second_edit_within_one_second_of_salesforces_is_new_work(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.reconcile()
    await world.reconcile()
    world.clock.advance(0.4)
    world.salesforce.put("Account", account, {"Phone": "03 222"})
    await world.reconcile()
    assert world.only(XERO).fields["Phones"] == phone("03 222")


async def test_the_cursor_moves_to_the_vendors_time_at_the_start(world: World) -> None:
    began_at = world.clock.now()
    await reconcile(world.runtime, contacts(world))
    assert (await cursor_of(world, contacts(world))).position == began_at


async def test_the_cursor_moves_only_after_the_last_page(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    await reconcile(world.runtime, contacts(world))
    before = (await cursor_of(world, contacts(world))).position
    for number in range(150):
        xero.put("Contact", None, {"Name": f"Customer {number}"})
    world.clock.advance(30)

    async def the_second_page_never_comes() -> None:
        raise Unreachable("offline")

    xero.interrupt("changed", "after", the_second_page_never_comes)
    first = await reconcile(world.runtime, contacts(world))
    assert (first.records, first.events) == (100, 100)
    assert (await cursor_of(world, contacts(world))).position == before
    second = await reconcile(world.runtime, contacts(world))
    assert (second.records, second.events) == (150, 50)
    assert (await cursor_of(world, contacts(world))).position == world.clock.now()


async def test_what_is_more_than_can_be_read_at_once_is_read_on_where_it_was_left(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    await reconcile(world.runtime, contacts(world))
    before = (await cursor_of(world, contacts(world))).position
    for number in range(450):
        world.clock.advance(1)
        xero.put("Contact", None, {"Name": f"Customer {number}"})

    async def the_minute_is_used_up() -> None:
        raise OutOfQuota("the minute is used up", until=world.clock.now() + timedelta(seconds=60))

    began_at, new = world.clock.now(), list[int]()
    for _ in range(4):
        xero.interrupt("changed", "after", the_minute_is_used_up)
        new.append((await reconcile(world.runtime, contacts(world))).events)
        assert (await cursor_of(world, contacts(world))).position == before
        world.clock.advance(60)
    new.append((await reconcile(world.runtime, contacts(world))).events)
    assert sum(new) == 450
    assert min(new) > 0
    assert (await cursor_of(world, contacts(world))).position == began_at


async def test_a_wish_that_comes_while_a_long_reconcile_is_interrupted_is_met_by_another_one(world: World) -> None:
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    for number in range(150):
        xero.put("Contact", None, {"Name": f"Customer {number}"})

    async def offline() -> None:
        raise Unreachable("offline")

    xero.interrupt("changed", "after", offline)
    await reconcile(world.runtime, contacts(world))
    world.clock.advance(10)
    await wish(world, contacts(world))
    world.clock.advance(60)
    await reconcile(world.runtime, contacts(world))
    assert (await cursor_of(world, contacts(world))).scan_requested_at
    world.clock.advance(1)
    await reconcile(world.runtime, contacts(world))
    assert not (await cursor_of(world, contacts(world))).scan_requested_at


async def test_the_cursor_never_moves_back(world: World) -> None:
    await reconcile(world.runtime, contacts(world))
    before = await cursor_of(world, contacts(world))
    world.clock.advance(-600)
    await reconcile(world.runtime, contacts(world))
    assert (await cursor_of(world, contacts(world))).position == before.position


async def test_the_lanes_with_new_work_are_rung(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "Ridgeway"})
    await reconcile(world.runtime, contacts(world))
    await reconcile(world.runtime, contacts(world))
    assert world.doorbell.rings == [world.lane]


async def test_a_deletion_that_no_push_told_is_carried_over(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.reconcile()
    world.clock.advance(60)
    world.salesforce.delete("Account", account)
    await world.reconcile()
    assert world.only(XERO).presence == "archived"


async def test_a_run_is_recorded_with_its_counts(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "Ridgeway"})
    began_at = world.clock.now()
    await reconcile(world.runtime, contacts(world))
    run = await last_run(world)
    assert (run.kind, run.sync, run.started_at, run.counts, run.error) == (
        runs.RunKind.RECONCILE,
        "accounts",
        began_at,
        {"records": 1, "events": 1},
        None,
    )
    assert run.finished_at


async def test_a_vendor_that_fails_is_recorded_with_the_run_and_read_again_soon(world: World) -> None:
    world.xero.fail_next(Unreachable("offline"), method="changed")
    await reconcile_due(world.runtime)
    run = await last_run(world)
    assert run.error == "offline"
    assert run.finished_at
    cursor = await cursor_of(world, contacts(world))
    assert (cursor.position, cursor.next_at) == (None, world.clock.now() + timedelta(seconds=AGAIN_SECONDS))


async def test_a_vendor_whose_limit_is_reached_is_asked_again_when_it_ends(world: World) -> None:
    until = world.clock.now() + timedelta(hours=5)
    world.xero.fail_next(OutOfQuota("the day is used up", until=until), method="changed")
    await reconcile(world.runtime, contacts(world))
    assert (await cursor_of(world, contacts(world))).next_at == until


async def test_one_vendor_that_fails_keeps_the_other_from_nothing(world: World) -> None:
    world.salesforce.fail_next(Unreachable("offline"), method="changed")
    await reconcile_due(world.runtime)
    assert (await cursor_of(world, contacts(world))).position == world.clock.now()


class _DatabaseAwayOnce(Database):
    """A database that fails the first unit of work that may write."""

    failed = False

    async def run(self, work):  # type: ignore[no-untyped-def] # the signature is the door's own
        if not self.failed:
            self.failed = True
            raise StoreUnavailable("locked")
        return await super().run(work)


async def test_a_database_that_is_away_postpones_one_object_only(sqlite_url: str, clock: VirtualClock) -> None:
    database = await _DatabaseAwayOnce.open(sqlite_url, clock_now=clock.now)
    world = World(database, clock)
    await reconcile_due(world.runtime)
    assert await database.read(lambda conn: cursors.get(conn, *accounts(world).cursor)) is None
    assert (await cursor_of(world, contacts(world))).position == clock.now()
    await database.close()


async def test_a_system_that_does_not_answer_keeps_no_other_waiting(world: World) -> None:
    world.salesforce = hanging = InterruptedVendor(SALESFORCE, world.clock)
    world.restart()
    answers = asyncio.Event()
    hanging.interrupt("changed", "after", _waiting_for(answers))
    under_way = asyncio.create_task(reconcile_due(world.runtime))
    await until(lambda: world.calls(SALESFORCE, "changed") == world.calls(XERO, "changed") == 1)
    assert not under_way.done()
    answers.set()
    await under_way


def _waiting_for(event: asyncio.Event) -> Happening:
    async def wait() -> None:
        await event.wait()

    return wait


def test_what_belongs_to_mapped_records_is_read_too() -> None:
    found = targets({"accounts": people_sync()})
    assert [(each.system, each.object, each.lanes) for each in found] == [
        (SALESFORCE, "Account", ("accounts/Contact",)),
        (SALESFORCE, "Contact", ("accounts/Contact",)),
        (XERO, "Contact", ("accounts/Contact",)),
    ]
