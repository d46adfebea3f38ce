"""Cursors move on, never back."""

from datetime import datetime

from hypothesis import strategies as st
from sqlalchemy import Connection

from app.engine.records import System
from app.store import cursors
from app.store.cursors import Cursor
from app.store.database import Database
from tests.support.laws import always
from tests.support.records import SYNC, at

CONTACTS = (SYNC, System.XERO, "Contact")
ACCOUNTS = (SYNC, System.SALESFORCE, "Account")


async def advance(database: Database, position: datetime | None, next_at: datetime) -> None:
    await database.run(lambda conn: cursors.advance(conn, *CONTACTS, position, next_at))


async def request(database: Database, seconds: float) -> None:
    await database.run(lambda conn: cursors.request_scan(conn, *CONTACTS, at(seconds)))


async def scanned(database: Database, seconds: float) -> None:
    await database.run(lambda conn: cursors.scanned(conn, *CONTACTS, at(seconds)))


async def cursor(database: Database) -> Cursor | None:
    return await database.read(lambda conn: cursors.get(conn, *CONTACTS))


async def is_due(database: Database, seconds: float) -> bool:
    return bool(await database.read(lambda conn: cursors.due(conn, at(seconds))))


async def test_nothing_is_known_of_an_object_that_nobody_asked_for(database: Database) -> None:
    assert await cursor(database) is None
    assert not await is_due(database, 0)


async def test_a_cursor_advances(database: Database) -> None:
    await advance(database, at(10), at(900))
    await advance(database, at(20), at(1800))
    assert await cursor(database) == Cursor(*CONTACTS, at(20), at(1800), None)


async def test_a_cursor_never_moves_back_but_its_next_reading_may(database: Database) -> None:
    await advance(database, at(20), at(900))
    await advance(database, at(10), at(300))
    assert await cursor(database) == Cursor(*CONTACTS, at(20), at(300), None)


async def test_the_next_reading_can_be_put_off_without_a_position(database: Database) -> None:
    await advance(database, None, at(60))
    assert await cursor(database) == Cursor(*CONTACTS, None, at(60), None)
    await advance(database, at(10), at(120))
    await advance(database, None, at(180))
    assert await cursor(database) == Cursor(*CONTACTS, at(10), at(180), None)


async def test_a_cursor_is_due_when_its_time_has_come(database: Database) -> None:
    await advance(database, at(10), at(900))
    assert not await is_due(database, 899.999999)
    assert await is_due(database, 900)


async def test_a_requested_scan_is_due_at_once_and_keeps_the_position(database: Database) -> None:
    await advance(database, at(10), at(900))
    await request(database, 50)
    assert await is_due(database, 50)
    assert await cursor(database) == Cursor(*CONTACTS, at(10), at(50), at(50))


async def test_a_scan_can_be_requested_before_anything_was_read(database: Database) -> None:
    await request(database, 50)
    assert await cursor(database) == Cursor(*CONTACTS, None, at(50), at(50))


async def test_a_scan_meets_only_the_requests_made_before_it_began(database: Database) -> None:
    await advance(database, at(10), at(900))
    await request(database, 50)
    await request(database, 70)
    await scanned(database, 60)
    assert await cursor(database) == Cursor(*CONTACTS, at(10), at(50), at(70))
    await scanned(database, 80)
    assert await cursor(database) == Cursor(*CONTACTS, at(10), at(50), None)


async def test_a_late_request_does_not_hide_a_newer_one(database: Database) -> None:
    await advance(database, at(10), at(900))
    await request(database, 70)
    await request(database, 50)
    await scanned(database, 60)
    assert await cursor(database) == Cursor(*CONTACTS, at(10), at(50), at(70))


async def test_the_longest_due_comes_first(database: Database) -> None:
    await advance(database, at(10), at(900))
    await database.run(lambda conn: cursors.advance(conn, *ACCOUNTS, at(10), at(800)))
    found = await database.read(lambda conn: cursors.due(conn, at(1000)))
    assert [each.object for each in found] == ["Account", "Contact"]


async def test_no_order_of_advances_ever_moves_a_cursor_back(database: Database) -> None:
    def law(conn: Connection, positions: list[datetime | None]) -> None:
        for position in positions:
            cursors.advance(conn, *CONTACTS, position, at(0))
        found = cursors.get(conn, *CONTACTS)
        assert found is not None
        assert found.position == max((position for position in positions if position), default=None)

    await always(database, law, st.lists(st.none() | st.integers(0, 5).map(at), min_size=1, max_size=6))
