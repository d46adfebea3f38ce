"""Figures: how everything stands, in numbers, from one consistent view."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, func, select

from app.engine.events import Arrival
from app.engine.records import System
from app.engine.troubles import Several
from app.engine.usage import Tally
from app.store import backlog, leases, pushes, usage
from app.store.leases import LaneLease
from app.store.tables import due, history, pauses, questions, tokens
from app.store.tables import leases as lanes

RECENTLY = timedelta(hours=1)
"""The span over which writes are counted."""

_WRITTEN = ("done", "refused", "deferred")


@dataclass(frozen=True, slots=True)
class Figures:
    """How everything stands at `at`, by the database's clock. Labels are names of ours, never a person's data."""

    at: datetime
    due: Mapping[str, int]
    waiting: Mapping[str, Several]
    """By lane: live work that waits, put off or not, but not in a lane that is stopped."""
    dead: Mapping[tuple[str, ...], int]
    """By lane and code."""
    questions: Mapping[tuple[str, ...], int]
    """By lane and topic, without the field that it is about."""
    writes: Mapping[tuple[str, ...], int]
    """Of late, by lane, target, verb and outcome."""
    leases: tuple[LaneLease, ...]
    pauses: int
    used: tuple[Tally, ...]
    """Of this day (UTC)."""
    read_this_month: Mapping[tuple[System, str], int]
    """Bytes, by system and connection."""
    tokens_saved_at: Mapping[str, datetime]
    """By connection, as system and name."""
    pushed_at: Mapping[Arrival, datetime]


def look(conn: Connection, now: datetime) -> Figures:
    """All figures, each from an index or a small table."""
    return Figures(
        at=now,
        due={row.lane: int(row[1]) for row in conn.execute(_count(due.c.lane).where(due.c.dead_at.is_(None)))},
        waiting=backlog.live(conn),
        dead=_by(conn.execute(_count(due.c.lane, due.c.code).where(due.c.dead_at.is_not(None))).all()),
        questions=_questions(conn),
        writes=_writes(conn, now),
        leases=leases.held(conn),
        pauses=conn.execute(select(func.count()).select_from(pauses)).scalar_one(),
        used=usage.of_day(conn, f"{now:%Y-%m-%d}"),
        read_this_month=usage.read_in_month(conn, f"{now:%Y-%m}"),
        tokens_saved_at=_saved_at(conn),
        pushed_at=pushes.latest(conn),
    )


def _count(*by: Column[Any]) -> Select[Any]:
    return select(*by, func.count()).group_by(*by)


def _by(rows: Sequence[Row[Any]]) -> dict[tuple[str, ...], int]:
    """The last column counts what the others name."""
    return {tuple(str(each) for each in list(row)[:-1]): int(list(row)[-1]) for row in rows}


def _saved_at(conn: Connection) -> dict[str, datetime]:
    kept = select(tokens.c.connection, tokens.c.saved_at).where(tokens.c.secret.is_not(None))
    return {row.connection: row.saved_at for row in conn.execute(kept)}


def _questions(conn: Connection) -> dict[tuple[str, ...], int]:
    open_ones = _count(questions.c.lane, questions.c.topic).where(questions.c.answered_at.is_(None))
    found = Counter[tuple[str, ...]]()
    for lane, topic, number in conn.execute(open_ones):
        found[lane, topic.partition(":")[0]] += number
    return dict(found)


def _writes(conn: Connection, now: datetime) -> dict[tuple[str, ...], int]:
    of_late = (
        (history.c.lane.in_(select(lanes.c.lane))) & (history.c.at > now - RECENTLY) & history.c.outcome.in_(_WRITTEN)
    )
    written = of_late & history.c.target.is_not(None)
    by = (history.c.lane, history.c.target, history.c.action, history.c.outcome)
    return _by(conn.execute(_count(*by).where(written)).all())
