"""Missing pushes lead to a scan of what is mapped from Xero."""

from app.engine.records import System
from app.mapping.model import Direction, Mapping, Mode, Sync
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
