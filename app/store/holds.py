"""Holds: lanes that nobody works on until a person says so."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select, update

from app.engine.pauses import sync_scope
from app.store.statements import insert
from app.store.tables import calls, leases, pauses


def hold(conn: Connection, lane: str, because: str, now: datetime) -> bool:
    """Keep everybody from `lane` until it is released; False when it is held already, for the reason it has."""
    statement = insert(conn, leases).values(lane=lane, epoch=0, expires_at=now, held_at=now, held_because=because)
    held = statement.on_conflict_do_update(
        index_elements=[leases.c.lane],
        set_={"held_at": now, "held_because": because},
        where=leases.c.held_at.is_(None),
    )
    return conn.execute(held.returning(leases.c.lane)).first() is not None


def release(conn: Connection, lane: str, allowed: int) -> bool:
    """Let `lane` be worked on again; the guard forgets what was, and lets `allowed` writes of each kind through first.

    False when the lane was not held: then nothing changes.
    """
    latest = select(func.max(calls.c.id)).where(calls.c.lane == lane).scalar_subquery()
    anew = {"guard_after": latest, "guard_creates": allowed, "guard_archives": allowed}
    of_lane = update(leases).where(leases.c.lane == lane, leases.c.held_at.is_not(None))
    return conn.execute(of_lane.values(held_at=None, held_because=None, **anew)).rowcount == 1


def why_stopped(conn: Connection, lane: str) -> str | None:
    """Why `lane` may not be worked on: because it is held, or its sync paused; None when it may."""
    held = select(leases.c.held_because).where(leases.c.lane == lane, leases.c.held_at.is_not(None))
    return conn.execute(held.union_all(_of_sync(lane))).scalars().first()


def is_stopped(lane: str) -> ColumnElement[bool]:
    """Whether `lane` may not be worked on, as a condition of a statement."""
    return exists().where(leases.c.lane == lane, leases.c.held_at.is_not(None)) | exists(_of_sync(lane))


def _of_sync(lane: str) -> Select[str]:
    scope = sync_scope(lane.partition("/")[0])
    return select(pauses.c.because).where(pauses.c.scope == scope)
