"""How far the match index has read each object."""

from sqlalchemy import Connection, bindparam, select

from app.engine.memory import Scanned, ScanUnderWay
from app.engine.records import RecordRef, System
from app.store import progress
from app.store.progress import Purpose
from app.store.statements import greater, insert
from app.store.tables import match_scans

_OF_OBJECT = select(match_scans.c.position, match_scans.c.scanned_at).where(
    match_scans.c.sync == bindparam("of_sync"),
    match_scans.c.system == bindparam("of_system"),
    match_scans.c.object == bindparam("of_object"),
)


def get(conn: Connection, sync: str, system: System, object: str) -> Scanned | None:
    """How far the index has read; None before the first whole scan."""
    row = conn.execute(_OF_OBJECT, {"of_sync": sync, "of_system": system, "of_object": object}).one_or_none()
    return Scanned(row.position, row.scanned_at) if row else None


def advance(conn: Connection, sync: str, system: System, object: str, scanned: Scanned) -> None:
    """Remember a scan that ended; the position never moves back."""
    progress.finish(conn, (Purpose.INDEX, sync, system, object))
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


def under_way(conn: Connection, sync: str, ref: RecordRef) -> ScanUnderWay | None:
    """The scan of the object of `ref` that was left before its end, if there is one."""
    left = progress.get(conn, (Purpose.INDEX, sync, ref.system, ref.object))
    return ScanUnderWay(left.begun_at, left.reached) if left and left.begun_at and left.reached else None


def note(conn: Connection, sync: str, ref: RecordRef, scan: ScanUnderWay) -> None:
    """Remember how far a scan has come that goes on."""
    key = (Purpose.INDEX, sync, ref.system, ref.object)
    progress.start(conn, key, scan.begun_at)
    progress.advance(conn, key, scan.begun_at, scan.reached, 0)
