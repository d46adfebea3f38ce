"""Pauses: what a person has stopped, and what rests because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from app.engine.pauses import mapping_scope, waits_for
from app.store import due, stops
from app.store.statements import insert
from app.store.tables import due as due_rows
from app.store.tables import pauses


@dataclass(frozen=True, slots=True)
class Pause:
    """What is paused, since when and why, and how many due records rest because of it."""

    scope: str
    paused_at: datetime
    because: str
    resting: int


def pause(conn: Connection, scope: str, because: str, now: datetime) -> bool:
    """Stop what `scope` names; False when it is paused already, for the reason it has."""
    statement = insert(conn, pauses).values(scope=scope, because=because, paused_at=now)
    begun = conn.execute(statement.on_conflict_do_nothing().returning(pauses.c.scope)).first() is not None
    if begun:
        stops.begin(conn, scope, because, now)
    return begun


def resume(conn: Connection, sync: str, scope: str, now: datetime) -> frozenset[str] | None:
    """Let `scope` go on: exactly what rests because of it is due. The lanes to ring; None when it is not paused."""
    if not conn.execute(delete(pauses).where(pauses.c.scope == scope)).rowcount:
        return None
    stops.end(conn, scope, now)
    return due.wake(conn, sync, waits_for(scope), now)


def of_sync(conn: Connection, sync: str) -> Mapping[str, str]:
    """Why each mapping and record of a sync is paused that is, by scope."""
    begins = (f"{mapping_scope(sync, '')}%", f"record:{sync}:%")
    named = pauses.c.scope.like(begins[0]) | pauses.c.scope.like(begins[1])
    return {row.scope: row.because for row in conn.execute(select(pauses.c.scope, pauses.c.because).where(named))}


def everything(conn: Connection) -> tuple[Pause, ...]:
    """All that is paused, the longest first."""
    counted = select(due_rows.c.waits_for, func.count().label("resting")).where(due_rows.c.waits_for.like("pause:%"))
    resting = {row.waits_for: row.resting for row in conn.execute(counted.group_by(due_rows.c.waits_for))}
    rows = conn.execute(select(pauses).order_by(pauses.c.paused_at, pauses.c.scope)).mappings()
    return tuple(Pause(**row, resting=resting.get(waits_for(row["scope"]), 0)) for row in rows)
