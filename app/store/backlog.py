"""The backlog: which lanes have work, since when, and what needs a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, or_, select

from app.engine.records import RecordRef
from app.engine.troubles import Several
from app.store.due import IS_LIVE, WAITS, is_claimable, ref_of
from app.store.holds import held_for, why_stopped
from app.store.tables import due, leases


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A due record that needs a person, with the reason that people read and its code."""

    lane: str
    ref: RecordRef
    attempts: int
    first_due_at: datetime
    dead_at: datetime
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a record that is due stands in a lane: when it is looked at next and why not before, or why never."""

    lane: str
    due_at: datetime
    first_due_at: datetime
    attempts: int
    dead_at: datetime | None
    code: str | None
    reason: str | None
    waits_for: str | None = None


def lanes_to_ring(conn: Connection, now: datetime) -> tuple[str, ...]:
    """The lanes that have work, that nobody drains and that are neither parked nor stopped."""
    free = or_(leases.c.owner.is_(None), leases.c.expires_at <= now)
    unparked = or_(leases.c.parked_until.is_(None), leases.c.parked_until <= now)
    of_lane = due.outerjoin(leases, leases.c.lane == due.c.lane)
    lanes = select(due.c.lane).select_from(of_lane).where(is_claimable(now), free, unparked)
    found = conn.execute(lanes.distinct().order_by(due.c.lane)).scalars().all()
    return tuple(lane for lane in found if not why_stopped(conn, lane))


def oldest_due_at(conn: Connection) -> dict[str, datetime]:
    """Since when the longest-waiting record of each lane has been due, put off or not, though the lane be stopped.

    Lanes without work are left out.
    """
    oldest = select(due.c.lane, func.min(due.c.first_due_at).label("since")).where(WAITS).group_by(due.c.lane)
    return {row.lane: row.since for row in conn.execute(oldest)}


def live(conn: Connection) -> dict[str, Several]:
    """The live work of each lane that is not stopped: how much, and since when the longest-waiting record has been due.

    What was put off counts: that is how work waits while the sign-in is refused or the vendor is away. Backfill waits
    for all else, so that it waits for long means nothing.
    """
    counted = select(due.c.lane, func.count(), func.min(due.c.first_due_at)).where(WAITS, IS_LIVE)
    found = {lane: Several(count, since) for lane, count, since in conn.execute(counted.group_by(due.c.lane))}
    return {lane: several for lane, several in found.items() if not why_stopped(conn, lane)}


def due_count(conn: Connection, lane: str) -> int:
    """How many records of a lane are due, whatever they wait for."""
    return conn.execute(select(func.count()).where(due.c.lane == lane, due.c.dead_at.is_(None))).scalar_one()


def stopped_by_guard(conn: Connection, lane: str) -> int:
    """How many records are due in a lane that the guard holds; none in one that a person holds, or nobody."""
    return due_count(conn, lane) if held_for(conn, lane) else 0


def dead(
    conn: Connection, lane: str | None = None, limit: int | None = 100, *, code: str | None = None
) -> tuple[DeadLetter, ...]:
    """The dead letters of one lane or of all, of one code or of any, the latest first; all of them without a limit."""
    letters = select(due).where(due.c.dead_at.is_not(None)).order_by(due.c.dead_at.desc(), *due.primary_key)
    if lane is not None:
        letters = letters.where(due.c.lane == lane)
    if code is not None:
        letters = letters.where(due.c.code == code)
    return tuple(_letter(row) for row in conn.execute(letters.limit(limit)).mappings())


def of_record(conn: Connection, ref: RecordRef) -> tuple[Standing, ...]:
    """How a record stands in each lane in which it is due."""
    rows = select(due).where(due.c.system == ref.system, due.c.object == ref.object, due.c.record_id == ref.id)
    named = ("lane", "due_at", "first_due_at", "attempts", "dead_at", "code", "reason", "waits_for")
    found = conn.execute(rows.order_by(due.c.lane)).mappings()
    return tuple(Standing(**{name: row[name] for name in named}) for row in found)


def _letter(row: RowMapping) -> DeadLetter:
    return DeadLetter(
        lane=row["lane"],
        ref=ref_of(row["system"], row["object"], row["record_id"]),
        attempts=row["attempts"],
        first_due_at=row["first_due_at"],
        dead_at=row["dead_at"],
        code=row["code"],
        reason=row["reason"],
    )
