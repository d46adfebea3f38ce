"""A sync is of one organisation on each side, and moves only as long as nothing is linked."""

from app.engine.records import System
from app.store import accounts, progress, reads, runs
from app.store.database import Database
from app.store.links import bind
from app.store.progress import Purpose
from tests.support.records import NOON, SYNC, account, contact, link

HERE = {System.SALESFORCE: "00D000000000001", System.XERO: "tenant-1"}
THERE = {**HERE, System.XERO: "tenant-2"}


async def settle_in(database: Database, wanted: dict[System, str]) -> dict[System, str]:
    return await database.run(lambda conn: accounts.settle_in(conn, SYNC, wanted))


async def test_a_sync_settles_in_once_and_stays(database: Database) -> None:
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == {}
    assert await settle_in(database, HERE) == {}
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == HERE
    assert await database.read(lambda conn: accounts.of(conn, "other")) == {}


async def test_a_sync_with_links_tells_where_they_are_and_does_not_move(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(lambda conn: bind(conn, SYNC, link(account(1), contact(1)), NOON))
    assert await settle_in(database, THERE) == {System.XERO: "tenant-1"}
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == HERE


async def test_a_sync_without_links_moves_and_what_is_asked_to_be_read_is_read_there_from_its_beginning(
    database: Database,
) -> None:
    await settle_in(database, HERE)
    await database.run(lambda conn: reads.begin(conn, SYNC, [(System.XERO, "Contact")], NOON))
    assert await settle_in(database, THERE) == {}
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == THERE
    (left,) = await database.read(lambda conn: progress.under_way(conn, Purpose.BACKFILL))
    assert (left.begun_at, left.reached, left.records) == (None, None, 0)
    await database.run(lambda conn: reads.end(conn, left.key, NOON))
    (run,) = await database.read(runs.latest)
    assert run.finished_at == NOON
