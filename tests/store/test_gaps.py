"""Missing pushes lead to a scan of what is mapped from Xero."""

from dataclasses import replace

from app.engine.records import System
from app.mapping.model import Direction, Mapping, Mode, Part, Sync
from app.store import cursors
from app.store.database import Database
from app.store.gaps import scan_after_gap
from tests.support.clock import VirtualClock


def _sync(name: str, xero: str, *resources: str) -> Sync:
    mappings = {resource: Mapping(resource, "Account", resource, Direction.BOTH, (), ()) for resource in resources}
    return Sync(name, Mode.LIVE, "main", xero, mappings)


async def test_everything_that_is_mapped_from_xero_is_read_soon(database: Database, clock: VirtualClock) -> None:
    syncs = [_sync("acme", "nz", "Contact", "Item"), _sync("bakery", "nz", "Contact"), _sync("cafe", "au", "Contact")]
    on_gap = scan_after_gap(syncs)

    await database.run(lambda conn: on_gap(conn, "nz", clock.now()))

    due = await database.read(lambda conn: cursors.due(conn, clock.now()))
    assert {(cursor.sync, cursor.system, cursor.object) for cursor in due} == {
        ("acme", System.XERO, "Contact"),
        ("acme", System.XERO, "Item"),
        ("bakery", System.XERO, "Contact"),
        ("cafe", System.XERO, "Contact"),
    }
    assert {cursor.scan_requested_at for cursor in due} == {clock.now()}


async def test_documents_that_move_a_contact_are_read_too(database: Database, clock: VirtualClock) -> None:
    sync = _sync("acme", "nz", "Contact")
    invoices = Part(System.XERO, "Invoice", ("Contact", "ContactID"))
    sync = replace(sync, mappings={"c": replace(sync.mappings["Contact"], parts=(invoices,))})

    await database.run(lambda conn: scan_after_gap([sync])(conn, "nz", clock.now()))

    due = await database.read(lambda conn: cursors.due(conn, clock.now()))
    assert {cursor.object for cursor in due} == {"Contact", "Invoice"}
