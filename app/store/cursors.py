"""Cursors: how far reconcile has read each object, and when it is to read again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, select, update

from app.engine.records import System
from app.store.statements import greater, insert, lesser
from app.store.tables import cursors


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one object has been read: `position` by the vendor's clock, None before the first whole scan.

    `next_at` is when it is to be read again, by ours; `scan_requested_at` says that somebody waits for it.
    """

    sync: str
    system: System
    object: str
    position: datetime | None
    next_at: datetime
    scan_requested_at: datetime | None


def get(conn: Connection, sync: str, system: System, object: str) -> Cursor | None:
    """How far `object` has been read; None when nobody has ever asked for it."""
    row = conn.execute(select(cursors).where(_is(sync, system, object))).mappings().one_or_none()
    return _cursor(row) if row else None


def due(conn: Connection, now: datetime) -> tuple[Cursor, ...]:
    """What is to be read now, because its time has come; the longest due first."""
    its_time = cursors.c.next_at <= now
    rows = conn.execute(select(cursors).where(its_time).order_by(cursors.c.next_at, *cursors.primary_key))
    return tuple(_cursor(row) for row in rows.mappings())


def advance(
    conn: Connection, sync: str, system: System, object: str, position: datetime | None, next_at: datetime
) -> None:
    """Read again at `next_at`, from `position` on; the position never moves back, and None leaves it where it is."""
    statement = insert(conn, cursors).values(
        sync=sync, system=system, object=object, position=position, next_at=next_at
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(cursors.primary_key),
            set_={"position": greater(cursors.c.position, statement.excluded.position), "next_at": next_at},
        )
    )


def request_scan(conn: Connection, sync: str, system: System, object: str, now: datetime) -> None:
    """Have `object` read as soon as can be, by bringing its time forward: something was missed."""
    statement = insert(conn, cursors).values(
        sync=sync, system=system, object=object, next_at=now, scan_requested_at=now
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(cursors.primary_key),
            set_={
                "scan_requested_at": greater(cursors.c.scan_requested_at, statement.excluded.scan_requested_at),
                "next_at": lesser(cursors.c.next_at, statement.excluded.next_at),
            },
        )
    )


def scanned(conn: Connection, sync: str, system: System, object: str, began_at: datetime) -> None:
    """The scan that began at `began_at` has ended: requests made before it are met, later ones stand."""
    met = and_(_is(sync, system, object), cursors.c.scan_requested_at < began_at)
    conn.execute(update(cursors).where(met).values(scan_requested_at=None))


def _is(sync: str, system: System, object: str) -> ColumnElement[bool]:
    return and_(cursors.c.sync == sync, cursors.c.system == system, cursors.c.object == object)


def _cursor(row: RowMapping) -> Cursor:
    return Cursor(**{**row, "system": System(row["system"])})
