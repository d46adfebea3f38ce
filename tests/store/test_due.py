"""What becomes of a due record, and that what arrives meanwhile is never lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.memory import Later
from app.engine.records import RecordRef
from app.store import claims, due, inbox
from app.store.database import Database
from app.store.tables import due as due_table
from tests.support.clock import VirtualClock
from tests.support.events import ROUTES, event
from tests.support.records import LANE, account, contact

ADA, BOB = contact(1), contact(2)
Row = dict[str, Any]


@pytest.fixture
async def claimed(database: Database) -> Database:
    """A database in which ADA is due and claimed with mark 1 in epoch 1."""
    await _push(database)
    await database.run(lambda conn: claims.claim(conn, LANE, 1, 50, database.now(conn)))
    return database


async def _push(database: Database, record: RecordRef = ADA) -> None:
    await database.run(lambda conn: inbox.record(conn, [event(record)], ROUTES, database.now(conn)))


async def _row(database: Database, record: RecordRef = ADA) -> Row | None:
    one = select(due_table).where(due_table.c.record_id == record.id)
    rows = await database.read(lambda conn: [dict(row) for row in conn.execute(one).mappings()])
    return rows[0] if rows else None


async def _settle(database: Database, mark: int) -> bool:
    done = await database.run(lambda conn: due.settle(conn, LANE, {ADA: mark}, database.now(conn)))
    return done == {ADA}


async def test_a_settled_record_is_due_no_more(claimed: Database) -> None:
    assert await _settle(claimed, 1) is True
    assert await _row(claimed) is None


async def test_what_arrives_during_the_work_leaves_the_record_due(claimed: Database, clock: VirtualClock) -> None:
    await _push(claimed)
    clock.advance(5)

    assert await _settle(claimed, 1) is False

    row = await _row(claimed)
    assert row is not None
    assert (row["counter"], row["claimed_epoch"], row["attempts"], row["due_at"]) == (2, 0, 0, clock.now())


async def test_settling_what_is_gone_harms_nothing(claimed: Database) -> None:
    await _settle(claimed, 1)

    assert await _settle(claimed, 1) is False
    assert await _row(claimed) is None


def _postpone(database: Database, seconds: float = 60) -> Callable[[Connection], bool]:
    def work(conn: Connection) -> bool:
        until = database.now(conn) + timedelta(seconds=seconds)
        return due.postpone(conn, LANE, ADA, 1, Later(until, "locked by a person", "row_lock", 2))

    return work


def _wait(database: Database) -> Callable[[Connection], bool]:
    def work(conn: Connection) -> bool:
        until = database.now(conn) + timedelta(seconds=60)
        return due.postpone(conn, LANE, ADA, 1, Later(until, "its parent has no link yet", waits_for=str(BOB)))

    return work


def _bury(database: Database) -> Callable[[Connection], bool]:
    return lambda conn: due.bury(conn, LANE, ADA, 1, code="invalid", reason="no name", now=database.now(conn))


async def test_a_postponed_record_is_claimable_at_its_time_and_not_before(
    claimed: Database, clock: VirtualClock
) -> None:
    assert await claimed.run(_postpone(claimed)) is True
    clock.advance(59)
    assert await _claim(claimed) == ()
    clock.advance(1)

    (record,) = await _claim(claimed)

    row = await _row(claimed)
    assert row is not None
    assert (record.attempts, row["code"], row["reason"]) == (2, "row_lock", "locked by a person")


async def test_a_waiting_record_is_looked_at_again_at_its_time_at_the_latest(
    claimed: Database, clock: VirtualClock
) -> None:
    assert await claimed.run(_wait(claimed)) is True
    assert await _claim(claimed) == ()
    clock.advance(60)

    assert [record.ref for record in await _claim(claimed)] == [ADA]


async def test_a_waiting_record_is_woken_by_what_it_waits_for(claimed: Database) -> None:
    await claimed.run(_wait(claimed))

    lanes = await claimed.run(lambda conn: due.wake(conn, "acme", str(BOB), claimed.now(conn)))

    assert lanes == {LANE}
    assert [record.ref for record in await _claim(claimed)] == [ADA]


@pytest.mark.parametrize(("sync", "waited"), [("acm", BOB), ("acme", ADA), ("acm_", BOB)])
async def test_nobody_else_is_woken(claimed: Database, sync: str, waited: RecordRef) -> None:
    await claimed.run(_wait(claimed))

    assert await claimed.run(lambda conn: due.wake(conn, sync, str(waited), claimed.now(conn))) == frozenset()
    assert await _claim(claimed) == ()


async def test_a_dead_letter_is_worked_on_no_more(claimed: Database, clock: VirtualClock) -> None:
    assert await claimed.run(_bury(claimed)) is True
    clock.advance(100_000)

    assert await _claim(claimed) == ()
    row = await _row(claimed)
    assert row is not None
    assert (row["code"], row["reason"]) == ("invalid", "no name")


@pytest.mark.parametrize("fate", [_postpone, _wait, _bury])
async def test_what_arrives_during_the_work_is_due_whatever_becomes_of_the_rest(
    claimed: Database, fate: Callable[[Database], Callable[[Connection], bool]]
) -> None:
    await _push(claimed)

    assert await claimed.run(fate(claimed)) is False

    (record,) = await _claim(claimed)
    row = await _row(claimed)
    assert row is not None
    assert (record.mark, record.attempts, row["waits_for"], row["dead_at"]) == (2, 0, None, None)


async def test_the_engine_makes_records_due_by_itself(database: Database, clock: VirtualClock) -> None:
    refs = [account(1), account(2), account(1)]

    await database.run(lambda conn: due.mark(conn, LANE, refs, Priority.PUSH, database.now(conn)))

    assert [(each.ref, each.mark) for each in await _claim(database)] == [(account(1), 1), (account(2), 1)]


async def test_what_the_engine_makes_due_during_the_work_stays_due(claimed: Database) -> None:
    await claimed.run(lambda conn: due.mark(conn, LANE, [ADA], Priority.RECONCILE, claimed.now(conn)))

    assert await _settle(claimed, 1) is False
    assert [record.priority for record in await _claim(claimed)] == [Priority.PUSH]


async def test_the_engine_does_not_revive_the_dead(claimed: Database) -> None:
    await claimed.run(_bury(claimed))

    await claimed.run(lambda conn: due.mark(conn, LANE, [ADA], Priority.PUSH, claimed.now(conn)))

    assert await _claim(claimed) == ()


async def test_a_dead_letter_that_is_revived_is_looked_at_as_new(claimed: Database, clock: VirtualClock) -> None:
    await claimed.run(_bury(claimed))
    clock.advance(100)

    await claimed.run(lambda conn: due.revive(conn, "other/Contact", [ADA], claimed.now(conn)))
    assert await _claim(claimed) == ()

    await claimed.run(lambda conn: due.revive(conn, LANE, [ADA, BOB], claimed.now(conn)))
    assert [(each.ref, each.mark, each.attempts, each.first_due_at) for each in await _claim(claimed)] == [
        (ADA, 1, 0, clock.now())
    ]


async def test_a_dead_letter_that_is_revived_keeps_its_attempts(claimed: Database) -> None:
    later = Later(claimed_at := await claimed.run(claimed.now), "500", attempts=7)
    await claimed.run(lambda conn: due.postpone(conn, LANE, ADA, 1, later))
    await claimed.run(_bury(claimed))

    await claimed.run(lambda conn: due.revive(conn, LANE, [ADA], claimed_at))

    assert [each.attempts for each in await _claim(claimed)] == [7]


async def test_only_the_dead_are_revived(claimed: Database, clock: VirtualClock) -> None:
    await claimed.run(_postpone(claimed))

    await claimed.run(lambda conn: due.revive(conn, LANE, [ADA], claimed.now(conn)))

    assert await _claim(claimed) == ()


async def test_making_nothing_due_is_nothing(database: Database) -> None:
    await database.run(lambda conn: due.mark(conn, LANE, [], Priority.PUSH, database.now(conn)))

    assert await _claim(database) == ()


async def _claim(database: Database, epoch: int = 1) -> tuple[DueRecord, ...]:
    return await database.run(lambda conn: claims.claim(conn, LANE, epoch, 50, database.now(conn)))
