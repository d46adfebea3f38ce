"""A lane that is held, or whose sync is paused, is worked on by nobody until a person says so."""

from app.engine.ledger import Lease
from app.engine.pauses import sync_scope
from app.store import backlog, holds, inbox, leases, pauses
from app.store.database import Database
from app.store.lane_memory import DatabaseLaneMemory
from tests.support.clock import VirtualClock
from tests.support.events import ROUTES, event
from tests.support.records import LANE, SYNC, contact


async def hold(database: Database, because: str = "too much") -> bool:
    return await database.run(lambda conn: holds.hold(conn, LANE, because, database.now(conn)))


async def release(database: Database) -> bool:
    return await database.run(lambda conn: holds.release(conn, LANE, 0, database.now(conn)))


async def take(database: Database, owner: str = "worker-1") -> Lease | None:
    return await database.run(lambda conn: leases.take(conn, LANE, owner, database.now(conn), 25))


async def push(database: Database) -> None:
    await database.run(lambda conn: inbox.record(conn, [event(contact(1))], ROUTES, database.now(conn)))


async def rings(database: Database) -> tuple[str, ...]:
    return await database.read(lambda conn: backlog.lanes_to_ring(conn, database.now(conn)))


async def pause_sync(database: Database, sync: str) -> None:
    await database.run(lambda conn: pauses.pause(conn, sync_scope(sync), "month end", database.now(conn)))


async def test_a_held_lane_is_neither_rung_nor_taken(database: Database) -> None:
    await push(database)
    assert await rings(database) == (LANE,)
    assert await hold(database)
    assert await rings(database) == ()
    assert await take(database) is None
    assert await release(database)
    assert await rings(database) == (LANE,)
    assert await take(database)


async def test_a_lane_keeps_the_reason_it_was_held_for_first(database: Database) -> None:
    assert await hold(database, "first")
    assert not await hold(database, "second")
    assert await database.read(lambda conn: holds.why_stopped(conn, LANE)) == "first"


async def test_a_lane_that_is_not_held_cannot_be_released(database: Database) -> None:
    assert not await release(database)
    await take(database)
    assert not await release(database)


async def test_a_drain_under_way_claims_nothing_more_and_lets_go(database: Database) -> None:
    lease = await take(database)
    assert lease
    await push(database)
    await hold(database)
    assert await DatabaseLaneMemory(database, lease).claim(50) == ()
    assert await database.run(lambda conn: leases.release_if_idle(conn, lease, database.now(conn)))


async def test_a_hold_outlives_the_worker_that_drained_the_lane(database: Database, clock: VirtualClock) -> None:
    await take(database)
    await hold(database)
    clock.advance(3600)
    assert await take(database, "worker-2") is None
    assert await take(database) is None
    await release(database)
    taken = await take(database, "worker-2")
    assert taken
    assert taken.epoch == 2


async def test_every_lane_of_a_paused_sync_is_left_alone_and_no_other(database: Database) -> None:
    await push(database)
    await pause_sync(database, "another")
    assert await rings(database) == (LANE,)
    await pause_sync(database, SYNC)
    assert await rings(database) == ()
    assert await take(database) is None
    assert await database.read(lambda conn: holds.why_stopped(conn, LANE)) == "month end"
