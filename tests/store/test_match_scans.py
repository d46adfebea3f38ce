"""How far the match index has read only ever grows."""

from app.engine.memory import Scanned
from app.engine.records import System
from app.store import match_scans
from app.store.database import Database
from tests.support.records import SYNC, at

CONTACTS = (SYNC, System.XERO, "Contact")


async def advance(database: Database, position: float, scanned_at: float) -> Scanned | None:
    scan = Scanned(at(position), at(scanned_at))
    await database.run(lambda conn: match_scans.advance(conn, *CONTACTS, scan))
    return await database.read(lambda conn: match_scans.get(conn, *CONTACTS))


async def test_nothing_has_been_read_at_first(database: Database) -> None:
    assert await database.read(lambda conn: match_scans.get(conn, *CONTACTS)) is None


async def test_a_scan_moves_the_position_on_and_never_back(database: Database) -> None:
    assert await advance(database, 10, 20) == Scanned(at(10), at(20))
    assert await advance(database, 5, 30) == Scanned(at(10), at(30))
    assert await advance(database, 15, 25) == Scanned(at(15), at(30))


async def test_each_object_is_read_on_its_own(database: Database) -> None:
    await advance(database, 10, 20)
    assert await database.read(lambda conn: match_scans.get(conn, SYNC, System.SALESFORCE, "Account")) is None
