"""A refused sign-in is known from the first refusal until one is taken again."""

from datetime import timedelta

from app.mapping.values import System
from app.store import lapses, usage
from app.store.database import Database
from tests.support.records import NOON

NZ, MAIN = (System.XERO, "nz"), (System.SALESFORCE, "main")
LATER = NOON + timedelta(minutes=1)


async def test_the_first_refusal_counts_until_a_sign_in_is_taken(database: Database) -> None:
    await database.run(lambda conn: usage.put_down(conn, [], {NZ: NOON, MAIN: NOON}))
    await database.run(lambda conn: usage.put_down(conn, [], {NZ: LATER, MAIN: None}))
    assert await database.read(lapses.standing) == {NZ: NOON}
    await database.run(lambda conn: usage.put_down(conn, [], {NZ: None}))
    await database.run(lambda conn: usage.put_down(conn, [], {NZ: LATER}))
    assert await database.read(lapses.standing) == {NZ: LATER}
