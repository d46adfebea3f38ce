"""Lapses: the connections whose sign-in a vendor refuses, and since when."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from app.mapping.values import System
from app.store.statements import insert
from app.store.tables import lapses


def note(conn: Connection, refused_at: Mapping[tuple[System, str], datetime | None]) -> None:
    """Keep which sign-ins were refused; None ends what was known, as the vendor has taken one since."""
    for (system, connection), since in sorted(refused_at.items()):
        if since is None:
            conn.execute(delete(lapses).where(lapses.c.system == system, lapses.c.connection == connection))
        else:
            begun = insert(conn, lapses).values(system=system, connection=connection, since=since)
            conn.execute(begun.on_conflict_do_nothing())


def standing(conn: Connection) -> dict[tuple[System, str], datetime]:
    """Since when each sign-in that is refused has been."""
    return {(System(row.system), row.connection): row.since for row in conn.execute(select(lapses))}
