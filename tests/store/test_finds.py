"""What reconcile found and no push told of is known until the connection is heard again."""

from datetime import timedelta

from app.addresses import OUTBOUND, XERO
from app.engine.events import Arrival
from app.engine.silence import Found
from app.mapping.values import System
from app.store import finds, pushes
from app.store.database import Database
from tests.support.records import NOON

NZ, MAIN = (System.XERO, "nz"), (System.SALESFORCE, "main")
HEARD_BY = (Arrival(XERO, "nz"), Arrival(XERO, "au"))
EARLIER, LATER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


async def test_the_first_find_and_the_newest_change_are_kept(database: Database) -> None:
    await database.run(lambda conn: finds.note(conn, NZ, EARLIER, HEARD_BY, NOON))
    await database.run(lambda conn: finds.note(conn, NZ, NOON, HEARD_BY, LATER))
    await database.run(lambda conn: finds.note(conn, NZ, EARLIER, HEARD_BY, LATER))
    assert await database.read(finds.standing) == {NZ: Found(changed_at=NOON, found_at=NOON)}


async def test_a_change_after_which_a_sender_of_the_connection_was_heard_is_no_find(database: Database) -> None:
    await database.run(lambda conn: pushes.note(conn, [Arrival(XERO, "au")], NOON))
    await database.run(lambda conn: pushes.note(conn, [Arrival(OUTBOUND, "main")], LATER))
    await database.run(lambda conn: finds.note(conn, NZ, NOON, HEARD_BY, LATER))
    assert await database.read(finds.standing) == {}
    await database.run(lambda conn: finds.note(conn, NZ, LATER, HEARD_BY, LATER))
    assert await database.read(finds.standing) == {NZ: Found(LATER, LATER)}


async def test_who_is_heard_again_has_nothing_that_was_found_any_more(database: Database) -> None:
    await database.run(lambda conn: finds.note(conn, NZ, NOON, (), NOON))
    await database.run(lambda conn: finds.note(conn, MAIN, NOON, (), NOON))
    assert await database.run(lambda conn: finds.answered(conn, {NZ})) == {NZ: Found(NOON, NOON)}
    assert await database.run(lambda conn: finds.answered(conn, {NZ})) == {}
    assert await database.run(lambda conn: finds.answered(conn, ())) == {}
    assert await database.read(finds.standing) == {MAIN: Found(NOON, NOON)}
