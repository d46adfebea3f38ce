"""Due records: what must be looked at, and what becomes of each."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    null,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from app.engine.events import Priority
from app.engine.memory import Later
from app.engine.records import RecordRef, System
from app.store.statements import by_object, insert, insert_into, lesser
from app.store.tables import due, leases

_LATER = {
    Priority.PERSON: timedelta(seconds=-60),
    Priority.PUSH: timedelta(0),
    Priority.RECONCILE: timedelta(seconds=60),
    Priority.BACKFILL: timedelta(hours=1),
}
"""By how much a class ranks later than the time it became due: whoever waits long enough overtakes any class."""

_lane = leases.alias("lane_of_backfill")

_IS = (
    (due.c.lane == bindparam("of_lane"))
    & (due.c.system == bindparam("of_system"))
    & (due.c.object == bindparam("of_object"))
    & (due.c.record_id == bindparam("of_id"))
)
_IS_UNCHANGED = _IS & (due.c.counter == bindparam("mark"))
_UPDATE = update(due).where(_IS)
_UPDATE_UNCHANGED = update(due).where(_IS_UNCHANGED)
"""Built once: a batch settles fifty records, and building a statement costs more than running it."""


def is_claimable(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """What may be worked on: not dead, and its time has come. What waits for another record has a time, too.

    Backfill rests as long as its lane's does.
    """
    rests = exists().where(_lane.c.lane == due.c.lane, _lane.c.backfill_until > now)
    return due.c.dead_at.is_(None) & (due.c.due_at <= now) & ~((due.c.priority == Priority.BACKFILL) & rests)


IS_LIVE = due.c.priority != literal_column(str(Priority.BACKFILL.value), Integer)
"""All that is no backfill; in the words of the index of what is live, as it serves no other."""

WAITS = due.c.dead_at.is_(None) & (func.coalesce(due.c.waits_for, "") == "")
"""All that will be worked on by itself, now or when its time comes; what waits for something else will not. In words
that keep SQLite from the index of what is waited for, as nearly every row waits for nothing.
"""

CLAIMABLE = is_claimable(bindparam("now"))
"""The same for a statement that is built once, and told the time when it is run."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record that fresh events make due in a lane. `version` is their newest stamp, None if one of them has none;
    `by` is the user whom they all name, `trace` where the newest of them came from, if it is traced.
    """

    lane: str
    ref: RecordRef
    priority: Priority
    version: datetime | None
    by: str | None = None
    trace: str | None = None


def arrive(conn: Connection, arrivals: Iterable[Arrival], now: datetime) -> dict[tuple[str, RecordRef], int]:
    """Make records due by fresh events, each (lane, record) once; their counters. It revives the dead."""
    rows = [_row(arrival, now) for arrival in arrivals]
    returned = conn.execute(_arriving(conn.dialect.name), rows).all() if rows else []
    return {(lane, ref_of(system, object, id)): counter for lane, system, object, id, counter in returned}


@cache
def _arriving(dialect: str) -> ReturningInsert[Any]:
    statement = insert_into(due, dialect)
    was_dead, new = due.c.dead_at.is_not(None), statement.excluded
    revived = {
        "attempts": 0,
        **dict.fromkeys(("waits_for", "dead_at", "code", "reason"), null()),
        "due_at": case((was_dead, new.due_at), else_=lesser(due.c.due_at, new.due_at)),
        "first_due_at": case((was_dead, new.first_due_at), else_=due.c.first_due_at),
    }
    echo: dict[str, object] = {
        "echo_version": _newest(due.c.echo_version, statement.excluded.echo_version),
        "echo_by": case((due.c.echo_by == statement.excluded.echo_by, due.c.echo_by), else_=null()),
        "trace": func.coalesce(statement.excluded.trace, due.c.trace),
    }
    upsert = _upsert(statement, {**echo, **revived})
    return upsert.returning(due.c.lane, due.c.system, due.c.object, due.c.record_id, due.c.counter)


def mark(conn: Connection, lane: str, refs: Iterable[RecordRef], priority: Priority, now: datetime) -> None:
    """Make records due because the engine needs them looked at. A dead letter stays dead."""
    rows = [_row(Arrival(lane, ref, priority, None), now) for ref in dict.fromkeys(refs)]
    if rows:
        conn.execute(_upsert(insert(conn, due), {"echo_version": null(), "echo_by": null()}), rows)


def settle(conn: Connection, lane: str, marks: Mapping[RecordRef, int], now: datetime) -> frozenset[RecordRef]:
    """The records were dealt with as of their marks; those of them that are due no more. The others had more since."""
    done: set[RecordRef] = set()
    for system, object, ids in by_object(marks):
        of_object = (due.c.lane == lane) & (due.c.system == system) & (due.c.object == object)
        marked = [(id, marks[ref_of(system, object, id)]) for id in ids]
        unchanged = of_object & tuple_(due.c.record_id, due.c.counter).in_(marked)
        gone = set(conn.execute(delete(due).where(unchanged).returning(due.c.record_id)).scalars())
        left = [id for id in ids if id not in gone]
        if left:
            conn.execute(update(due).where(of_object, due.c.record_id.in_(left)).values(_anew(now)))
        done |= {ref_of(system, object, id) for id in gone}
    return frozenset(done)


def postpone(conn: Connection, lane: str, ref: RecordRef, mark: int, later: Later) -> bool:
    """Look again at a time, or when `wake` is called for what it waits for. False when more came since `mark`: then it
    is due at once.
    """
    values = {"due_at": later.until, "attempts": later.attempts, "code": later.code, "reason": later.reason}
    return _end(conn, lane, ref, mark, {**values, "waits_for": later.waits_for})


def bury(conn: Connection, lane: str, ref: RecordRef, mark: int, *, code: str, reason: str, now: datetime) -> bool:
    """Make it a dead letter, for a person. False when more came since `mark`: then it stays due."""
    return _end(conn, lane, ref, mark, {"dead_at": now, "waits_for": None, "code": code, "reason": reason})


def revive(conn: Connection, lane: str, refs: Iterable[RecordRef], now: datetime) -> None:
    """Look anew at those of `refs` that are dead letters. They keep their attempts: who fails again is dead at once."""
    for system, object, ids in by_object(refs):
        of_object = (due.c.lane == lane) & (due.c.system == system) & (due.c.object == object)
        letters = of_object & due.c.record_id.in_(ids) & due.c.dead_at.is_not(None)
        conn.execute(update(due).where(letters).values({**_anew(now), "attempts": due.c.attempts, "dead_at": None}))


def revive_all(conn: Connection, sync: str, systems: Collection[System], now: datetime) -> None:
    """Look anew at all dead letters of `sync` about records of `systems`, as if they had never failed."""
    of_sync = due.c.lane.startswith(f"{sync}/", autoescape=True) & due.c.system.in_(systems)
    conn.execute(update(due).where(of_sync, due.c.dead_at.is_not(None)).values({**_anew(now), "dead_at": None}))


def wake(conn: Connection, sync: str, waited: str, now: datetime) -> frozenset[str]:
    """Make everything of a sync due that waits for `waited`; the lanes to ring."""
    of_sync = due.c.lane.startswith(f"{sync}/", autoescape=True)
    waiting = of_sync & (due.c.waits_for == waited) & due.c.dead_at.is_(None)
    woken = update(due).where(waiting).values(due_at=now, waits_for=None, code=None, reason=None)
    return frozenset(conn.execute(woken.returning(due.c.lane)).scalars())


def ref_of(system: str, object: str, id: str) -> RecordRef:
    """The record that a row's columns name."""
    return RecordRef(System(system), object, id)


def _anew(now: datetime) -> Mapping[str, object]:
    """How a record stands of which more was heard while it was worked on."""
    none = dict.fromkeys(("waits_for", "code", "reason"))
    return {"claimed_epoch": 0, "due_at": now, "first_due_at": now, "attempts": 0, **none}


def _row(arrival: Arrival, now: datetime) -> dict[str, object]:
    return {
        "lane": arrival.lane,
        "system": arrival.ref.system,
        "object": arrival.ref.object,
        "record_id": arrival.ref.id,
        "counter": 1,
        "priority": arrival.priority,
        "due_at": now,
        "rank_at": now + _LATER[arrival.priority],
        "first_due_at": now,
        "attempts": 0,
        "claimed_epoch": 0,
        "echo_version": arrival.version,
        "echo_by": arrival.by,
        "trace": arrival.trace,
    }


def _upsert(
    statement: postgresql.Insert | sqlite.Insert, changes: Mapping[str, object]
) -> postgresql.Insert | sqlite.Insert:
    new = statement.excluded
    sooner = {name: lesser(due.c[name], new[name]) for name in ("priority", "due_at", "rank_at")}
    return statement.on_conflict_do_update(
        index_elements=list(due.primary_key), set_={"counter": due.c.counter + 1, **sooner, **changes}
    )


def _newest(stored: ColumnElement[datetime], new: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((stored.is_(None) | new.is_(None), null()), (new > stored, new), else_=stored)


def _end(conn: Connection, lane: str, ref: RecordRef, mark: int, values: Mapping[str, object]) -> bool:
    """Let go of a claimed record with `values`, unless more came since `mark`."""
    let_go = {**_named(lane, ref), "claimed_epoch": 0}
    if conn.execute(_UPDATE_UNCHANGED, {**let_go, "mark": mark, **values}).rowcount:
        return True
    conn.execute(_UPDATE, let_go)
    return False


def _named(lane: str, ref: RecordRef) -> dict[str, object]:
    return {"of_lane": lane, "of_system": ref.system, "of_object": ref.object, "of_id": ref.id}
