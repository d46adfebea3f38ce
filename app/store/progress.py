"""Progress: how far a long read of a whole object has come, so that it goes on where it was left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, literal, select, update

from app.engine.records import System
from app.store.statements import greater, insert
from app.store.tables import progress


class Purpose(StrEnum):
    """Why everything is read."""

    INDEX = "index"
    """So that the match index knows every record before the first create."""
    BACKFILL = "backfill"
    """Because a person asked for it."""
    EVERYTHING = "everything"
    """Because so much time went by that the system can no longer say what was deleted."""
    CHANGES = "changes"
    """Not everything, but more has changed since the last reconcile than could be read at once."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One long read under way. `begun_at` and `reached` are by the vendor's clock, `asked_at` and `next_at` by ours.

    `reached` is the stamp up to which all was read, None before the first page. `records` counts what was read.
    """

    purpose: Purpose
    sync: str
    system: System
    object: str
    asked_at: datetime
    next_at: datetime
    begun_at: datetime | None
    reached: datetime | None
    records: int
    run_id: int | None

    @property
    def key(self) -> tuple[Purpose, str, System, str]:
        """What the read is known by."""
        return self.purpose, self.sync, self.system, self.object


Key = tuple[Purpose, str, System, str]


def get(conn: Connection, key: Key) -> Progress | None:
    """The read under way, if there is one."""
    row = conn.execute(select(progress).where(_is(key))).mappings().one_or_none()
    return _progress(row) if row else None


def start(conn: Connection, key: Key, now: datetime, run_id: int | None = None) -> bool:
    """Ask for a read; False when one is under way already, which then stands as it is."""
    row = _named(key) | {"asked_at": now, "next_at": now, "records": 0, "run_id": run_id}
    begun = insert(conn, progress).values(row).on_conflict_do_nothing()
    return conn.execute(begun).rowcount == 1


def take_up(conn: Connection, key: Key, now: datetime) -> Progress:
    """The read under way, begun now if there was none. Who calls this sees to it that nobody else reads."""
    start(conn, key, now)
    row = conn.execute(select(progress).where(_is(key))).mappings().one()
    return _progress(row)


def claim(conn: Connection, key: Key, now: datetime, until: datetime) -> Progress | None:
    """Take the read up now, if its time has come; others then leave it alone until `until`."""
    taken = update(progress).where(_is(key), progress.c.next_at <= now).values(next_at=until).returning(progress)
    row = conn.execute(taken).mappings().one_or_none()
    return _progress(row) if row else None


def advance(conn: Connection, key: Key, begun_at: datetime, reached: datetime | None, records: int) -> None:
    """A page more is read: `records` rows, up to the stamp `reached`; None leaves that where it is."""
    begun, newer = literal(begun_at, progress.c.begun_at.type), literal(reached, progress.c.reached.type)
    values: Mapping[str, object] = {
        "begun_at": func.coalesce(progress.c.begun_at, begun),
        "reached": greater(progress.c.reached, newer),
        "records": progress.c.records + records,
    }
    conn.execute(update(progress).where(_is(key)).values(values))


def postpone(conn: Connection, key: Key, next_at: datetime) -> None:
    """Go on at `next_at`."""
    conn.execute(update(progress).where(_is(key)).values(next_at=next_at))


def finish(conn: Connection, key: Key) -> None:
    """The read has come to its end."""
    conn.execute(delete(progress).where(_is(key)))


def under_way(conn: Connection, *purposes: Purpose) -> tuple[Progress, ...]:
    """All reads of those purposes that are under way, the oldest wish first."""
    rows = select(progress).where(progress.c.purpose.in_(purposes)).order_by(progress.c.asked_at, *progress.primary_key)
    return tuple(_progress(row) for row in conn.execute(rows).mappings())


def of_run(conn: Connection, run_id: int) -> tuple[Progress, ...]:
    """What a run still has to read."""
    rows = select(progress).where(progress.c.run_id == run_id).order_by(*progress.primary_key)
    return tuple(_progress(row) for row in conn.execute(rows).mappings())


def _is(key: Key) -> ColumnElement[bool]:
    return and_(*(progress.c[name] == value for name, value in _named(key).items()))


def _named(key: Key) -> dict[str, object]:
    return dict(zip(("purpose", "sync", "system", "object"), key, strict=True))


def _progress(row: RowMapping) -> Progress:
    return Progress(**{**row, "purpose": Purpose(row["purpose"]), "system": System(row["system"])})
