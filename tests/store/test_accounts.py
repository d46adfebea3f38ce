"""A sync is of one organisation on each side, and moves only as long as nothing is linked."""

import pytest

from app.engine.ledger import Lease
from app.engine.records import System
from app.errors import CallRefused, LeaseLost
from app.store import accounts, leases, progress, reads, runs
from app.store.database import Database
from app.store.links import bind
from app.store.progress import Purpose
from tests.support.records import NOON, SYNC, account, contact, link

HERE = {System.SALESFORCE: "00D000000000001", System.XERO: "tenant-1"}
THERE = {**HERE, System.XERO: "tenant-2"}


async def settle_in(database: Database, wanted: dict[System, str]) -> dict[System, str]:
    return await database.run(lambda conn: accounts.settle_in(conn, SYNC, wanted, "worker-2", NOON))


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


async def test_whoever_still_works_in_the_former_organisation_has_lost_the_lane(database: Database) -> None:
    await settle_in(database, HERE)
    lanes = {f"{SYNC}/Contact": "worker-1", f"{SYNC}/Item": "worker-2", f"{SYNC}s/Contact": "worker-1"}
    taken = [await take(database, lane, worker) for lane, worker in lanes.items()]
    await settle_in(database, HERE)
    assert [await held(database, lease) for lease in taken] == [True, True, True]
    await settle_in(database, THERE)
    assert [await held(database, lease) for lease in taken] == [False, True, True]


async def test_a_sync_that_moved_is_no_more_of_the_former_organisation(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(lambda conn: accounts.require(conn, SYNC, HERE))
    await settle_in(database, THERE)
    await database.run(lambda conn: accounts.require(conn, SYNC, THERE))
    with pytest.raises(CallRefused, match="has moved to another organisation"):
        await database.run(lambda conn: accounts.require(conn, SYNC, HERE))


async def take(database: Database, lane: str, worker: str) -> Lease:
    lease = await database.run(lambda conn: leases.take(conn, lane, worker, NOON, 25))
    assert lease
    return lease


async def held(database: Database, lease: Lease) -> bool:
    try:
        await database.run(lambda conn: leases.check(conn, lease))
    except LeaseLost:
        return False
    return True


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
