"""How far the match index has read each object."""

from sqlalchemy import Connection, select

from app.engine.memory import Scanned
from app.engine.records import System
from app.store.statements import greater, insert
from app.store.tables import match_scans


def get(conn: Connection, sync: str, system: System, object: str) -> Scanned | None:
    """How far the index has read; None before the first whole scan."""
    of_object = select(match_scans.c.position, match_scans.c.scanned_at).where(
        match_scans.c.sync == sync, match_scans.c.system == system, match_scans.c.object == object
    )
    row = conn.execute(of_object).one_or_none()
    return Scanned(row.position, row.scanned_at) if row else None


def advance(conn: Connection, sync: str, system: System, object: str, scanned: Scanned) -> None:
    """Remember a scan that ended; the position never moves back."""
    statement = insert(conn, match_scans).values(
        sync=sync, system=system, object=object, position=scanned.position, scanned_at=scanned.scanned_at
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(match_scans.primary_key),
            set_={
                "position": greater(match_scans.c.position, statement.excluded.position),
                "scanned_at": greater(match_scans.c.scanned_at, statement.excluded.scanned_at),
            },
        )
    )
