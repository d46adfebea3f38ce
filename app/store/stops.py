"""Every pause and every hold that there was, for people who ask why nothing happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from app.store.statements import chunks
from app.store.tables import stops


@dataclass(frozen=True, slots=True)
class Stop:
    """What was stopped, from when to when, and why; without an end it still is."""

    scope: str
    begun_at: datetime
    because: str
    ended_at: datetime | None


def begin(conn: Connection, scope: str, because: str, now: datetime) -> None:
    """Write down that `scope` is stopped."""
    conn.execute(insert(stops).values(scope=scope, begun_at=now, because=because))


def end(conn: Connection, scope: str, now: datetime) -> None:
    """Write down that `scope` goes on."""
    conn.execute(update(stops).where(stops.c.scope == scope, stops.c.ended_at.is_(None)).values(ended_at=now))


def since(conn: Connection, scopes: Iterable[str], at: datetime) -> tuple[Stop, ...]:
    """The stops of any of `scopes` that lasted at that instant or began later, the newest first."""
    lasted = or_(stops.c.ended_at.is_(None), stops.c.ended_at > at)
    found = [
        Stop(row.scope, row.begun_at, row.because, row.ended_at)
        for chunk in chunks(scopes)
        for row in conn.execute(select(stops).where(stops.c.scope.in_(chunk), lasted))
    ]
    return tuple(sorted(found, key=lambda each: (each.begun_at, each.scope), reverse=True))
