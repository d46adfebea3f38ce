"""A sync is of one organisation on each side, and moves only as long as nothing is linked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from app.engine.events import Priority, Routes
from app.engine.ledger import Entry, Lease
from app.engine.records import System
from app.errors import CallRefused, LeaseLost
from app.store import accounts, backlog, claims, due, history, leases, links, previews, progress, reads, runs
from app.store.accounts import STAYS, Stay
from app.store.database import Database
from app.store.links import bind
from app.store.progress import Purpose
from tests.support.records import LANE, NOON, SYNC, account, contact, link

PREVIEWED = Entry(
    at=NOON,
    lane=LANE,
    epoch=1,
    mapping="customers",
    salesforce_object="Account",
    salesforce_id=None,
    xero_object="Contact",
    xero_id=contact(1).id,
    action="create",
    target=System.SALESFORCE,
    reason="new in xero",
    changes={},
    outcome="previewed",
)
HERE = {System.SALESFORCE: "00D000000000001", System.XERO: "tenant-1"}
THERE = {**HERE, System.XERO: "tenant-2"}
SECOND = timedelta(seconds=1)


async def settle_in(
    database: Database, wanted: dict[System, str], held: Lease | None = None, at: datetime = NOON
) -> Stay | None:
    return await database.run(lambda conn: accounts.settle_in(conn, SYNC, wanted, at, held))


async def test_a_sync_settles_in_once_and_stays(database: Database) -> None:
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == {}
    assert await settle_in(database, HERE) is None
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == HERE
    assert await database.read(lambda conn: accounts.of(conn, "other")) == {}


async def test_a_sync_with_links_tells_where_they_are_and_does_not_move(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(lambda conn: bind(conn, SYNC, link(account(1), contact(1)), NOON))
    assert await settle_in(database, THERE) == Stay({System.XERO: "tenant-1"})
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == HERE


async def test_a_sync_that_has_moved_does_not_move_back_for_an_hour(database: Database) -> None:
    await settle_in(database, HERE)
    await settle_in(database, THERE)
    later = NOON + STAYS
    assert await settle_in(database, HERE, at=later - SECOND) == Stay({System.XERO: "tenant-2"}, later)
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == THERE
    assert await settle_in(database, THERE, at=later - SECOND) is None
    assert await settle_in(database, HERE, at=later) is None
    assert await settle_in(database, THERE, at=later) == Stay({System.XERO: "tenant-1"}, later + STAYS)


async def test_a_sync_that_has_moved_may_go_on_to_a_third_organisation_at_once(database: Database) -> None:
    await settle_in(database, HERE)
    await settle_in(database, THERE)
    elsewhere = {**HERE, System.XERO: "tenant-3"}
    assert await settle_in(database, elsewhere) is None
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == elsewhere


async def test_whoever_still_works_in_the_former_organisation_has_lost_the_lane(database: Database) -> None:
    await settle_in(database, HERE)
    lanes = {f"{SYNC}/Contact": "worker-1", f"{SYNC}/Item": "worker-1", f"{SYNC}s/Contact": "worker-1"}
    taken = [await take(database, lane, worker) for lane, worker in lanes.items()]
    await settle_in(database, HERE, taken[1])
    assert [await is_held(database, lease) for lease in taken] == [True, True, True]
    await settle_in(database, THERE, taken[1])
    assert [await is_held(database, lease) for lease in taken] == [False, True, True]


async def test_a_sync_that_moved_is_no_more_of_the_former_organisation(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(lambda conn: accounts.require(conn, SYNC, HERE))
    await settle_in(database, THERE)
    await database.run(lambda conn: accounts.require(conn, SYNC, THERE))
    with pytest.raises(CallRefused, match="has moved to another organisation"):
        await database.run(lambda conn: accounts.require(conn, SYNC, HERE))


async def test_records_of_the_former_organisation_are_not_tied_once_the_sync_has_moved(database: Database) -> None:
    await settle_in(database, HERE)
    await settle_in(database, THERE)
    with pytest.raises(CallRefused, match="has moved to another organisation"):
        await database.run(lambda conn: tie(conn, HERE))
    assert await database.read(lambda conn: links.of(conn, SYNC, [contact(1)])) == {contact(1): ()}
    await database.run(lambda conn: tie(conn, THERE))
    assert await settle_in(database, HERE) == Stay({System.XERO: "tenant-2"})


def tie(conn: Connection, place: dict[System, str]) -> frozenset[str] | None:
    return accounts.tie(conn, LANE, link(account(1), contact(1)), place, (), Routes({}), NOON)


async def take(database: Database, lane: str, worker: str) -> Lease:
    lease = await database.run(lambda conn: leases.take(conn, lane, worker, NOON, 25))
    assert lease
    return lease


async def is_held(database: Database, lease: Lease) -> bool:
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
    assert await settle_in(database, THERE) is None
    assert await database.read(lambda conn: accounts.of(conn, SYNC)) == THERE
    (left,) = await database.read(lambda conn: progress.under_way(conn, Purpose.BACKFILL))
    assert (left.begun_at, left.reached, left.records) == (None, None, 0)
    await database.run(lambda conn: reads.end(conn, left.key, NOON))
    (run,) = await database.read(runs.latest)
    assert run.finished_at == NOON


async def test_what_was_set_aside_or_previewed_in_the_former_organisation_is_over(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(letters_and_previews)
    await settle_in(database, THERE)
    assert await database.read(backlog.dead) == ()
    assert (await database.read(lambda conn: previews.of_sync(conn, SYNC, None))).lines == ()
    (line, *_) = await database.read(lambda conn: history.of_record(conn, contact(1)))
    assert (line.action, line.reason) == ("void", "the sync has moved to another organisation")


async def test_dead_letters_of_the_side_that_stays_are_looked_at_anew(database: Database) -> None:
    await settle_in(database, HERE)
    await database.run(letters_and_previews)
    await settle_in(database, THERE)
    (again,) = await database.run(lambda conn: claims.claim(conn, LANE, 2, 10, NOON))
    assert (again.ref, again.attempts) == (account(1), 0)


def letters_and_previews(conn: Connection) -> None:
    for ref in (account(1), contact(1)):
        due.mark(conn, LANE, [ref], Priority.PUSH, NOON)
        (claimed,) = claims.claim(conn, LANE, 1, 1, NOON)
        due.bury(conn, LANE, ref, claimed.mark, code="validation", reason="no", now=NOON)
    history.add(conn, [replace(PREVIEWED, at=NOON - timedelta(seconds=1))])
