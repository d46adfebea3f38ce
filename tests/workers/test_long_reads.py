"""Everything is read once, page by page, whatever stops it, and history moves nothing by surprise."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.engine.records import System
from app.errors import OutOfQuota, Unreachable
from app.mapping.model import Mode
from app.store import cursors, history, leases, progress, questions, reads, runs
from app.store.database import Database
from app.store.progress import Progress, Purpose
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor, until
from tests.support.vendor import Happening
from tests.support.world import World, accounts_sync
from workers import long_reads
from workers.long_reads import read_on
from workers.reconcile import AGAIN_SECONDS

SALESFORCE, XERO = System.SALESFORCE, System.XERO
OBJECTS = [(SALESFORCE, "Account"), (XERO, "Contact")]


@pytest.fixture
async def database(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


def with_history(world: World, customers: int = 3) -> None:
    """Customers that both systems hold already, and one that each holds alone."""
    for number in range(customers):
        world.salesforce.put("Account", None, {"Name": f"Customer {number}", "Phone": f"03 {number}"})
        world.xero.put("Contact", None, {"Name": f"customer {number}"})
    world.salesforce.put("Account", None, {"Name": "Only in Salesforce"})
    world.xero.put("Contact", None, {"Name": "Only in Xero"})
    world.clock.advance(86_400)


def interrupted(world: World) -> InterruptedVendor:
    """Puts a Xero into the world that a test can interrupt."""
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    return xero


async def ask(world: World) -> int:
    run_id = await world.database.run(lambda conn: reads.begin(conn, world.sync.name, OBJECTS, world.clock.now()))
    assert run_id
    return run_id


async def under_way(world: World) -> tuple[Progress, ...]:
    return await world.database.read(lambda conn: progress.under_way(conn, *Purpose))


async def run_of(world: World) -> runs.Run:
    return (await world.database.read(runs.latest))[0]


async def test_a_first_merge_links_what_matches_and_creates_the_rest(world: World) -> None:
    with_history(world)
    await ask(world)
    await read_on(world.runtime)
    await world.drain()
    assert await world.link_count() == 5
    assert len(world.xero.all("Contact")) == len(world.salesforce.all("Account")) == 5
    assert await world.outcomes() == {"applied": 8}


async def test_in_observe_mode_a_first_merge_is_only_shown(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock, accounts_sync(mode=Mode.OBSERVE))
    with_history(world)
    await ask(world)
    await read_on(world.runtime)
    await world.drain()
    assert world.writes(XERO) == world.writes(SALESFORCE) == 0
    entries = await database.read(lambda conn: history.of_lane(conn, world.lane))
    assert {entry.outcome for entry in entries} == {"previewed"}
    assert sum(entry.action == "create" for entry in entries) == 2


async def test_a_run_counts_what_it_read_and_ends_with_its_last_object(world: World) -> None:
    with_history(world)
    await ask(world)
    await read_on(world.runtime)
    run = await run_of(world)
    assert (run.kind, run.counts, run.finished_at, run.error) == ("backfill", {"records": 8}, world.clock.now(), None)
    assert await under_way(world) == ()


async def test_a_second_backfill_waits_for_the_first_to_end(world: World) -> None:
    await ask(world)
    again = await world.database.run(lambda conn: reads.begin(conn, world.sync.name, OBJECTS, world.clock.now()))
    assert again is None


async def test_what_a_vendor_stops_goes_on_where_it_was_left(world: World) -> None:
    xero = interrupted(world)
    for number in range(250):
        xero.put("Contact", None, {"Name": f"Customer {number}"})
        world.clock.advance(10)
    until_then = world.clock.now() + timedelta(seconds=30)
    xero.interrupt("changed", "after", _raising(OutOfQuota("the minute is used up", until=until_then)))
    await ask(world)
    await read_on(world.runtime)
    (left,) = await under_way(world)
    assert (left.object, left.records, left.next_at) == ("Contact", 100, until_then)
    await read_on(world.runtime)
    assert len(await under_way(world)) == 1
    world.clock.advance(30)
    await read_on(world.runtime)
    assert await under_way(world) == ()
    assert (await run_of(world)).counts == {"records": 251}
    assert (await world.outcomes())["pending"] == 250


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece is over as soon as it has begun."""
    monkeypatch.setattr(long_reads, "PIECE_SECONDS", -1.0)


@pytest.mark.usefixtures("hurried")
async def test_a_piece_that_has_taken_its_time_ends_with_its_page(world: World) -> None:
    for number in range(250):
        world.xero.put("Contact", None, {"Name": f"Customer {number}"})
        world.clock.advance(10)
    await ask(world)
    await read_on(world.runtime)
    (left,) = await under_way(world)
    assert (left.object, left.records) == ("Contact", 100)
    for _ in range(2):
        await read_on(world.runtime)
    assert await under_way(world) == ()


@pytest.mark.usefixtures("hurried")
async def test_a_piece_goes_on_until_the_next_one_begins_later_than_it_did(world: World) -> None:
    for number in range(250):
        world.xero.put("Contact", None, {"Name": f"Imported in one second {number}"})
    await ask(world)
    for _ in range(2):
        await read_on(world.runtime)
    assert await under_way(world) == ()
    assert (await world.outcomes())["pending"] == 250


async def test_a_vendor_that_is_away_is_asked_again_soon(world: World) -> None:
    with_history(world)
    world.salesforce.fail_next(Unreachable("offline"), method="changed")
    await ask(world)
    await read_on(world.runtime)
    (left,) = await under_way(world)
    assert (left.system, left.next_at) == (SALESFORCE, world.clock.now() + timedelta(seconds=AGAIN_SECONDS))


async def test_live_work_goes_before_what_a_backfill_found(world: World) -> None:
    for number in range(120):
        world.salesforce.put("Account", None, {"Name": f"Old {number}"})
    await ask(world)
    await read_on(world.runtime)
    await world.edit(SALESFORCE, None, Name="Live")
    await world.drain()
    first = world.xero.all("Contact")[0]
    assert first.fields["Name"] == "Live"


async def test_a_backfill_goes_on_while_another_worker_holds_the_lane(world: World) -> None:
    with_history(world)
    taken = await world.database.run(lambda conn: leases.take(conn, world.lane, "worker-2", world.clock.now(), 25))
    assert taken
    await ask(world)
    await read_on(world.runtime)
    assert (await under_way(world), (await run_of(world)).counts) == ((), {"records": 8})
    assert await world.outcomes() == {"pending": 8}
    (lease,) = await world.database.read(leases.held)
    assert (lease.owner, lease.epoch) == ("worker-2", taken.epoch)
    await world.drain()
    assert world.writes(XERO) == world.writes(SALESFORCE) == 0
    world.clock.advance(26)
    await world.drain()
    assert (await world.outcomes(), await world.link_count()) == ({"applied": 8}, 5)


async def test_backfill_that_gets_no_permit_leaves_the_lane_open(world: World) -> None:
    xero = interrupted(world)
    with_history(world)
    await ask(world)
    await read_on(world.runtime)
    until_then = world.clock.now() + timedelta(hours=1)
    for _ in range(3):
        xero.fail_next(OutOfQuota("the rest is for live work", until=until_then), method="reserve")
    await world.drain()
    assert world.writes(XERO) == 0
    xero.calm_down()
    await world.edit(SALESFORCE, None, Name="Live")
    await world.drain()
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")].count("Live") == 1
    assert (await world.outcomes())["pending"] == 8
    world.clock.advance(3600)
    await world.drain()
    assert (await world.outcomes()).get("pending", 0) == 0


async def test_a_cursor_that_is_too_old_makes_reconcile_miss_no_deletion(world: World) -> None:
    world.salesforce = salesforce = InterruptedVendor(SALESFORCE, world.clock)
    salesforce.keeps_deletions = timedelta(days=15)
    world.restart()
    salesforce.put("Account", None, {"Name": "From long ago, never in step"})
    world.clock.advance(3600)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.reconcile()
    world.clock.advance(86_400)
    salesforce.purge("Account", account)
    world.clock.advance(20 * 86_400)
    await world.reconcile()
    (left,) = await under_way(world)
    assert (left.purpose, left.system) == (Purpose.EVERYTHING, SALESFORCE)
    await read_on(world.runtime)
    await world.drain()
    (question,) = await world.database.read(questions.open_questions)
    assert (question.topic, question.ref.id) == ("invisible", account)
    assert world.only(XERO).presence == "live"


async def test_a_read_of_what_the_sync_file_no_longer_names_ends(world: World) -> None:
    await world.database.run(
        lambda conn: reads.begin(conn, world.sync.name, [(SALESFORCE, "Opportunity")], world.clock.now())
    )
    await read_on(world.runtime)
    assert await under_way(world) == ()
    assert (await run_of(world)).error


async def test_a_system_that_does_not_answer_keeps_no_other_waiting(world: World) -> None:
    world.salesforce = hanging = InterruptedVendor(SALESFORCE, world.clock)
    world.restart()
    answers = asyncio.Event()
    hanging.interrupt("changed", "after", _waiting_for(answers))
    await ask(world)
    reading = asyncio.create_task(read_on(world.runtime))
    await until(lambda: world.calls(SALESFORCE, "changed") == world.calls(XERO, "changed") == 1)
    assert not reading.done()
    answers.set()
    await reading


async def test_a_backfill_leaves_the_cursors_of_reconcile_alone(world: World) -> None:
    await ask(world)
    await read_on(world.runtime)
    assert await world.database.read(lambda conn: cursors.get(conn, world.sync.name, XERO, "Contact")) is None


def _waiting_for(event: asyncio.Event) -> Happening:
    async def wait() -> None:
        await event.wait()

    return wait


def _raising(error: Exception) -> Happening:
    async def stop() -> None:
        raise error

    return stop
