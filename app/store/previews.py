"""Previews: what syncs in observe mode would have written, as it was last seen."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from app.engine.ledger import Entry
from app.store.history import entries_of
from app.store.tables import history


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sync would do: how often, by action and target, and the first of its lines."""

    counts: Mapping[tuple[str, str | None], int]
    lines: tuple[Entry, ...]


def of_sync(conn: Connection, sync: str, limit: int | None) -> Preview:
    """The last word on each pair, by mapping, in the order in which they came up; up to `limit` lines."""
    last = _last(sync).subquery()
    counted = select(history.c.action, history.c.target, func.count()).join(last, last.c.id == history.c.id)
    rows = conn.execute(counted.group_by(history.c.action, history.c.target).order_by(history.c.action)).all()
    lines = select(history).join(last, last.c.id == history.c.id).order_by(history.c.id).limit(limit)
    return Preview({(action, target): number for action, target, number in rows}, entries_of(conn, lines))


def _last(sync: str) -> Select[int]:
    pair = (history.c.mapping, history.c.salesforce_id, history.c.xero_id, history.c.action, history.c.target)
    of_sync = history.c.lane.startswith(f"{sync}/", autoescape=True) & (history.c.outcome == "previewed")
    return select(func.max(history.c.id).label("id")).where(of_sync).group_by(*pair)
