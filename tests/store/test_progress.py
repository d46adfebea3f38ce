"""A long read goes on where it was left, once at a time."""

from app.engine.memory import ScanUnderWay
from app.engine.records import RecordRef, System
from app.store import match_scans, progress
from app.store.database import Database
from app.store.progress import Key, Progress, Purpose
from tests.support.records import SYNC, at

KEY: Key = (Purpose.BACKFILL, SYNC, System.XERO, "Contact")
CONTACTS = RecordRef(System.XERO, "Contact", "")


async def stands(database: Database) -> Progress:
    found = await database.read(lambda conn: progress.get(conn, KEY))
    assert found
    return found


async def start(database: Database, run_id: int | None = None) -> bool:
    return await database.run(lambda conn: progress.start(conn, KEY, at(0), run_id))


async def advance(database: Database, begun: float, reached: float | None, records: int) -> Progress:
    stamp = None if reached is None else at(reached)
    await database.run(lambda conn: progress.advance(conn, KEY, at(begun), stamp, records))
    return await stands(database)


async def test_a_read_that_is_under_way_is_not_begun_anew(database: Database) -> None:
    assert await start(database, 1)
    await advance(database, 5, 10, 100)
    assert not await start(database, 2)
    assert (await stands(database)).run_id == 1
    assert (await stands(database)).reached == at(10)


async def test_a_page_moves_it_on_and_never_back(database: Database) -> None:
    await start(database)
    await advance(database, 5, 10, 100)
    after = await advance(database, 50, 8, 20)
    assert (after.begun_at, after.reached, after.records) == (at(5), at(10), 120)
    assert (await advance(database, 50, None, 1)).reached == at(10)


async def test_one_worker_at_a_time_takes_it_up(database: Database) -> None:
    await start(database)
    assert await database.run(lambda conn: progress.claim(conn, KEY, at(1), at(100)))
    assert await database.run(lambda conn: progress.claim(conn, KEY, at(2), at(100))) is None
    await database.run(lambda conn: progress.postpone(conn, KEY, at(3)))
    assert await database.run(lambda conn: progress.claim(conn, KEY, at(3), at(100)))


async def test_what_is_finished_is_forgotten(database: Database) -> None:
    await start(database, 7)
    assert [each.key for each in await database.read(lambda conn: progress.of_run(conn, 7))] == [KEY]
    assert await database.read(lambda conn: progress.under_way(conn, Purpose.INDEX)) == ()
    assert len(await database.read(lambda conn: progress.under_way(conn, Purpose.BACKFILL))) == 1
    await database.run(lambda conn: progress.finish(conn, KEY))
    assert await database.read(lambda conn: progress.of_run(conn, 7)) == ()


async def test_a_scan_of_the_match_index_is_under_way_until_it_ends(database: Database) -> None:
    scan = ScanUnderWay(at(5), at(10))
    await database.run(lambda conn: match_scans.note(conn, SYNC, CONTACTS, scan))
    assert await database.read(lambda conn: match_scans.under_way(conn, SYNC, CONTACTS)) == scan
