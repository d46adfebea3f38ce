"""Who pushes again after a silence has everything scanned that may have been missed, and nobody else has."""

from datetime import datetime, timedelta
from functools import partial

from app.addresses import OUTBOUND, XERO
from app.engine.events import Arrival
from app.engine.silence import GIVEN_UP, PATIENCE, QUIET
from app.mapping.values import System
from app.store import cursors, finds, pushes
from app.store.database import Database
from app.store.returns import scan_after_silence
from tests.support.records import NOON

NZ, AU, MAIN = (System.XERO, "nz"), (System.XERO, "au"), (System.SALESFORCE, "main")
APP, MESSAGES = Arrival(XERO, "nz"), Arrival(OUTBOUND, "main")
CONTACTS, INVOICES = ("acme", System.XERO, "Contact"), ("acme", System.XERO, "Invoice")
ABROAD, ACCOUNTS = ("abroad", System.XERO, "Contact"), ("acme", System.SALESFORCE, "Account")
SERVED = {APP: {NZ: {CONTACTS, INVOICES}, AU: {ABROAD}}, MESSAGES: {MAIN: {ACCOUNTS}}}
A_MINUTE = timedelta(minutes=1)


async def push(database: Database, now: datetime, *arrivals: Arrival, is_check: bool = False) -> set[object]:
    """These push; what is to be scanned because of it."""
    await database.run(lambda conn: scan_after_silence(SERVED)(conn, dict.fromkeys(arrivals, is_check), now))
    await database.run(lambda conn: pushes.note(conn, arrivals, now))
    due = await database.read(lambda conn: cursors.due(conn, now))
    for each in due:
        read = partial(cursors.advance, sync=each.sync, system=each.system, object=each.object)
        await database.run(partial(read, position=None, next_at=NOON + timedelta(days=999)))
    return {(each.sync, each.system, each.object) for each in due}


async def test_a_first_push_and_those_of_a_day_of_work_and_a_night_scan_nothing(database: Database) -> None:
    for hours in (0, 1, 20):
        assert await push(database, NOON + timedelta(hours=hours), APP) == set()


async def test_after_a_day_without_a_push_all_that_its_app_serves_is_scanned_once(database: Database) -> None:
    later = NOON + GIVEN_UP + A_MINUTE
    await push(database, NOON, APP)
    assert await push(database, later, APP) == {CONTACTS, INVOICES, ABROAD}
    assert await push(database, later + A_MINUTE, APP) == set()


async def test_after_changes_that_no_push_told_of_their_connection_is_scanned(database: Database) -> None:
    await push(database, NOON, APP, MESSAGES)
    await database.run(lambda conn: finds.note(conn, NZ, NOON + 2 * A_MINUTE, [APP], NOON + 5 * A_MINUTE))
    later = NOON + PATIENCE[System.XERO] + 6 * A_MINUTE
    assert await push(database, later, MESSAGES) == set()
    assert await push(database, later, APP) == {CONTACTS, INVOICES}
    assert await database.read(finds.standing) == {}


async def test_a_push_that_comes_in_time_answers_what_was_found_and_scans_nothing(database: Database) -> None:
    await database.run(lambda conn: finds.note(conn, NZ, NOON, [APP], NOON))
    assert await push(database, NOON + PATIENCE[System.XERO], APP) == set()
    assert await database.read(finds.standing) == {}


async def test_a_check_by_which_a_webhook_is_switched_on_scans_once(database: Database) -> None:
    assert await push(database, NOON, APP, is_check=True) == {CONTACTS, INVOICES, ABROAD}
    for minutes in (0, 1, 30):
        assert await push(database, NOON + minutes * A_MINUTE, APP, is_check=True) == set()
    again = NOON + timedelta(hours=2)
    assert again - NOON > QUIET
    assert await push(database, again, APP, is_check=True) == {CONTACTS, INVOICES, ABROAD}


async def test_what_is_no_sender_of_ours_scans_nothing(database: Database) -> None:
    assert await push(database, NOON, Arrival("/readyz", ""), is_check=True) == set()
