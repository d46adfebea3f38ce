"""Holds: lanes that nobody works on until a person says so."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, select, update

from app.engine.actions import Verb
from app.engine.pauses import lane_scope, sync_scope
from app.store import stops
from app.store.statements import insert
from app.store.tables import calls, leases, pauses

ALLOWANCES = {Verb.CREATE: leases.c.guard_creates, Verb.ARCHIVE: leases.c.guard_archives}
"""By kind of guarded writes: how many of them a person still lets through in a lane."""


_WHY_STOPPED = (
    select(leases.c.held_because)
    .where(leases.c.lane == bindparam("of_lane"), leases.c.held_at.is_not(None))
    .union_all(select(pauses.c.because).where(pauses.c.scope == bindparam("scope")))
)
"""Built once: it is asked before every claim and every call."""


def hold(conn: Connection, lane: str, because: str, now: datetime, verb: Verb | None = None) -> bool:
    """Keep everybody from `lane` until it is released; False when it is held already, for the reason it has.

    `verb` is the kind of writes of which the guard has seen too many; None when a person holds the lane.
    """
    why = {"held_at": now, "held_because": because, "held_verb": verb}
    held = (
        insert(conn, leases)
        .values(lane=lane, epoch=0, expires_at=now, **why)
        .on_conflict_do_update(
            index_elements=[leases.c.lane],
            set_=why,
            where=leases.c.held_at.is_(None),
        )
    )
    begun = conn.execute(held.returning(leases.c.lane)).first() is not None
    if begun:
        stops.begin(conn, lane_scope(lane), because, now)
    return begun


def held_for(conn: Connection, lane: str) -> Verb | None:
    """The kind of writes for which the guard holds `lane`; None when a person does, or nobody."""
    found = conn.execute(select(leases.c.held_verb).where(leases.c.lane == lane)).scalar()
    return Verb(found) if found else None


def release(conn: Connection, lane: str, allowed: int, now: datetime) -> bool:
    """Let `lane` be worked on again; the guard forgets what was, and lets `allowed` writes through first.

    They are of the kind that it was held for, and of each kind where a person held it; all else is counted as ever.
    False when the lane was not held: then nothing changes.
    """
    verb = held_for(conn, lane)
    latest = select(func.max(calls.c.id)).where(calls.c.lane == lane).scalar_subquery()
    anew = {column.name: allowed if verb in (None, each) else None for each, column in ALLOWANCES.items()}
    of_lane = update(leases).where(leases.c.lane == lane, leases.c.held_at.is_not(None))
    free = of_lane.values(held_at=None, held_because=None, held_verb=None, guard_after=latest, **anew)
    released = conn.execute(free).rowcount == 1
    if released:
        stops.end(conn, lane_scope(lane), now)
    return released


def why_stopped(conn: Connection, lane: str) -> str | None:
    """Why `lane` may not be worked on: because it is held, or its sync paused; None when it may."""
    scope = sync_scope(lane.partition("/")[0])
    return conn.execute(_WHY_STOPPED, {"of_lane": lane, "scope": scope}).scalars().first()


def is_stopped(lane: str) -> ColumnElement[bool]:
    """Whether `lane` may not be worked on, as a condition of a statement."""
    return exists().where(leases.c.lane == lane, leases.c.held_at.is_not(None)) | exists(_of_sync(lane))


def _of_sync(lane: str) -> Select[str]:
    scope = sync_scope(lane.partition("/")[0])
    return select(pauses.c.because).where(pauses.c.scope == scope)
