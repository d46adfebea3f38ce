"""Runs keep their counts."""

from app.store import runs
from app.store.database import Database
from app.store.runs import Run, RunKind
from tests.support.records import SYNC, at


async def start(database: Database, kind: RunKind = RunKind.RECONCILE, sync: str = SYNC) -> int:
    return await database.run(lambda conn: runs.start(conn, kind, sync, at(0)))


async def latest(database: Database, sync: str | None = None, limit: int = 20) -> tuple[Run, ...]:
    return await database.read(lambda conn: runs.latest(conn, sync, limit))


async def test_a_run_that_is_still_going_has_no_end(database: Database) -> None:
    run_id = await start(database)
    assert await latest(database) == (Run(run_id, RunKind.RECONCILE, SYNC, at(0), None, {}, None),)


async def test_a_finished_run_has_its_counts(database: Database) -> None:
    run_id = await start(database, RunKind.BACKFILL)
    await database.run(lambda conn: runs.finish(conn, run_id, {"observed": 1200, "due": 3}, None, at(9)))
    (run,) = await latest(database)
    assert run == Run(run_id, RunKind.BACKFILL, SYNC, at(0), at(9), {"observed": 1200, "due": 3}, None)
    assert all(type(count) is int for count in run.counts.values())


async def test_a_run_that_failed_says_why_and_how_far_it_came(database: Database) -> None:
    run_id = await start(database)
    await database.run(lambda conn: runs.finish(conn, run_id, {"observed": 7}, "Xero is offline", at(9)))
    (run,) = await latest(database)
    assert (run.error, run.counts) == ("Xero is offline", {"observed": 7})


async def test_the_latest_runs_come_first(database: Database) -> None:
    first, second, third = [await start(database, sync=sync) for sync in (SYNC, "other", SYNC)]
    assert [run.id for run in await latest(database)] == [third, second, first]
    assert [run.id for run in await latest(database, SYNC)] == [third, first]
    assert [run.id for run in await latest(database, limit=1)] == [third]
