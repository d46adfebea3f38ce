"""Gaps: pushes of a Xero app that never came are made up for by a scan."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from app.mapping.model import Sync
from app.mapping.values import System
from app.store.cursors import request_scan


def scan_after_gap(syncs: Iterable[Sync]) -> Callable[[Connection, str, datetime], None]:
    """What to do about a gap on a Xero connection: have everything that is mapped over it read as soon as can be."""
    objects = sorted({(sync.xero, sync.name, m.xero) for sync in syncs for m in sync.mappings.values()})

    def on_gap(conn: Connection, connection: str, now: datetime) -> None:
        for xero, sync, object in objects:
            if xero == connection:
                request_scan(conn, sync, System.XERO, object, now)

    return on_gap
