"""Gaps: pushes of a Xero app that never came are made up for by a scan."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from app.mapping.model import Sync
from app.mapping.values import System
from app.store.cursors import request_scan


def scan_after_gap(syncs: Iterable[Sync]) -> Callable[[Connection, str, datetime], None]:
    """What to do about a gap: have everything that is mapped from Xero read as soon as can be.

    The numbers are those of an app, which may serve several organisations: any of them may miss a push.
    """
    objects = sorted((sync.name, object) for sync in syncs for object in sync.objects(System.XERO))

    def on_gap(conn: Connection, _connection: str, now: datetime) -> None:
        for sync, object in objects:
            request_scan(conn, sync, System.XERO, object, now)

    return on_gap
