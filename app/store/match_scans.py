"""How far the match index has read each object."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.engine.records import System
from app.store.statements import greater, insert
from app.store.tables import match_scans


class MatchScan(NamedTuple):
    """`position` is by the vendor's clock, `scanned_at` by ours."""

    position: datetime
    scanned_at: datetime


def get(conn: Connection, sync: str, system: System, object: str) -> MatchScan | None:
    """How far the index has read; None before the first whole scan."""
    of_object = select(match_scans.c.position, match_scans.c.scanned_at).where(
        match_scans.c.sync == sync, match_scans.c.system == system, match_scans.c.object == object
    )
    row = conn.execute(of_object).one_or_none()
    return MatchScan(row.position, row.scanned_at) if row else None


def advance(conn: Connection, sync: str, system: System, object: str, scan: MatchScan) -> None:
    """Remember a scan that ended; the position never moves back."""
    statement = insert(conn, match_scans).values(sync=sync, system=system, object=object, **scan._asdict())
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(match_scans.primary_key),
            set_={
                "position": greater(match_scans.c.position, statement.excluded.position),
                "scanned_at": greater(match_scans.c.scanned_at, statement.excluded.scanned_at),
            },
        )
    )
