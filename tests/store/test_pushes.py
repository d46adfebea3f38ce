"""Each sender's last push is known by its route."""

from datetime import timedelta

from app.engine.events import Arrival
from app.store import pushes
from app.store.database import Database
from tests.support.records import NOON

XERO = Arrival("/webhooks/xero", "nz")
OUTBOUND = Arrival("/webhooks/salesforce/outbound/{secret}", "main")


async def test_the_latest_push_of_each_sender_is_kept(database: Database) -> None:
    later = NOON + timedelta(minutes=1)
    assert await database.read(pushes.latest) == {}
    await database.run(lambda conn: pushes.note(conn, [XERO, OUTBOUND, XERO], NOON))
    await database.run(lambda conn: pushes.note(conn, [XERO], later))
    assert await database.read(pushes.latest) == {XERO: later, OUTBOUND: NOON}


async def test_a_clock_that_is_set_back_takes_nothing_back(database: Database) -> None:
    await database.run(lambda conn: pushes.note(conn, [XERO], NOON))
    await database.run(lambda conn: pushes.note(conn, [XERO], NOON - timedelta(minutes=1)))
    assert await database.read(pushes.latest) == {XERO: NOON}
