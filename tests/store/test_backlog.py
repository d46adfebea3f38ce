"""Which lanes to ring, since when work waits, and what needs a person."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.event import listen

from app.engine.events import Origin
from app.engine.ledger import Lease
from app.engine.memory import Later
from app.engine.troubles import Several
from app.store import backlog, due, holds, inbox, leases
from app.store.backlog import DeadLetter
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.events import OTHER_LANE, ROUTES, event
from tests.support.records import LANE, contact


async def _push(database: Database, number: int = 1) -> None:
    await database.run(lambda conn: inbox.record(conn, [event(contact(number))], ROUTES, database.now(conn)))


async def _bury(database: Database, number: int = 1) -> None:
    await database.run(
        lambda conn: due.bury(conn, LANE, contact(number), 1, code="invalid", reason="no name", now=database.now(conn))
    )


async def _lanes_to_ring(database: Database) -> tuple[str, ...]:
    return await database.read(lambda conn: backlog.lanes_to_ring(conn, database.now(conn)))


@pytest.fixture
async def lease(database: Database) -> Lease:
    """The lane, held for 25 seconds."""
    taken = await database.run(lambda conn: leases.take(conn, LANE, "worker-1", database.now(conn), 25))
    assert taken is not None
    return taken


async def test_a_lane_without_work_is_not_rung(database: Database) -> None:
    assert await _lanes_to_ring(database) == ()


async def test_a_lane_that_was_never_drained_is_rung_once(database: Database) -> None:
    await _push(database, 1)
    await _push(database, 2)

    assert await _lanes_to_ring(database) == (LANE,)


@pytest.mark.usefixtures("lease")
async def test_a_lane_is_rung_again_when_its_lease_has_died(database: Database, clock: VirtualClock) -> None:
    await _push(database)
    assert await _lanes_to_ring(database) == ()
    clock.advance(25)

    assert await _lanes_to_ring(database) == (LANE,)


async def test_a_lane_that_was_let_go_with_work_is_rung(database: Database, lease: Lease) -> None:
    await _push(database)
    await database.run(lambda conn: leases.release(conn, lease))

    assert await _lanes_to_ring(database) == (LANE,)


async def test_a_parked_lane_is_rung_when_its_time_has_come(
    database: Database, clock: VirtualClock, lease: Lease
) -> None:
    await _push(database)
    until = clock.now() + timedelta(seconds=100)
    await database.run(lambda conn: leases.park(conn, lease, until, "out of quota"))
    assert await _lanes_to_ring(database) == ()
    clock.advance(100)

    assert await _lanes_to_ring(database) == (LANE,)


async def test_postponed_and_dead_records_ring_nothing(database: Database, clock: VirtualClock) -> None:
    await _push(database, 1)
    await _push(database, 2)
    await _bury(database, 1)
    until = clock.now() + timedelta(seconds=100)
    await database.run(lambda conn: due.postpone(conn, LANE, contact(2), 1, Later(until, "later", attempts=1)))

    assert await _lanes_to_ring(database) == ()


async def test_the_longest_wait_of_each_lane_is_known(database: Database, clock: VirtualClock) -> None:
    began_at = clock.now()
    await _push(database, 1)
    clock.advance(10)
    await _push(database, 1)
    await _push(database, 2)

    assert await database.read(backlog.oldest_due_at) == {LANE: began_at}


async def _put_off(database: Database, number: int, *, waits_for: str | None = None) -> None:
    def work(conn: Connection) -> bool:
        later = Later(database.now(conn) + timedelta(seconds=100), "away", waits_for=waits_for)
        return due.postpone(conn, LANE, contact(number), 1, later)

    assert await database.run(work)


async def test_what_was_put_off_waits_and_what_is_dead_or_waits_for_something_else_does_not(
    database: Database, clock: VirtualClock
) -> None:
    for number in (1, 2):
        await _push(database, number)
    await _bury(database, 1)
    await _put_off(database, 2, waits_for="pause:record")
    assert await database.read(backlog.oldest_due_at) == {}
    assert await database.read(backlog.live) == {}
    began_at = clock.advance(10)
    await _push(database, 3)
    await _put_off(database, 3)

    assert await database.read(backlog.oldest_due_at) == {LANE: began_at}
    assert await database.read(backlog.live) == {LANE: Several(1, began_at)}


async def test_backfill_and_a_lane_that_is_stopped_wait_but_not_as_live_work(
    database: Database, clock: VirtualClock
) -> None:
    began_at = clock.now()
    await database.run(
        lambda conn: inbox.record(conn, [event(contact(1), origin=Origin.BACKFILL)], ROUTES, database.now(conn))
    )
    assert await database.read(backlog.live) == {}
    clock.advance(10)
    await _push(database, 2)
    await database.run(lambda conn: holds.hold(conn, LANE, "a person", clock.now()))

    assert await database.read(backlog.oldest_due_at) == {LANE: began_at}
    assert await database.read(backlog.live) == {}


async def test_live_work_is_counted_without_reading_past_all_that_is_backfill(tmp_path: Path) -> None:
    database = Database.direct(f"sqlite:///{tmp_path / 'crossbook.db'}")
    await database.migrate()
    asked: list[tuple[str, tuple[str, ...]]] = []

    def work(conn: Connection) -> list[str]:
        listen(conn, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        backlog.live(conn)
        statement, parameters = asked[0]
        return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]

    assert any("ix_due_live" in step for step in await database.run(work))
    await database.close()


async def test_dead_letters_come_with_their_reason_the_latest_first(database: Database, clock: VirtualClock) -> None:
    began_at = clock.now()
    await _push(database, 1)
    await _push(database, 2)
    await _bury(database, 1)
    clock.advance(10)
    await _bury(database, 2)

    letters = await database.read(backlog.dead)

    assert [letter.ref for letter in letters] == [contact(2), contact(1)]
    assert letters[0] == DeadLetter(LANE, contact(2), 0, began_at, clock.now(), "invalid", "no name")


async def test_dead_letters_can_be_asked_for_by_lane_and_number(database: Database) -> None:
    for number in (1, 2):
        await _push(database, number)
        await _bury(database, number)

    assert await database.read(lambda conn: backlog.dead(conn, OTHER_LANE)) == ()
    assert len(await database.read(lambda conn: backlog.dead(conn, LANE, limit=1))) == 1
