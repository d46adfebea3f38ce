"""Previews: what syncs in observe mode would have written, as it was last seen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select

from app.engine.ledger import Entry, Outcome
from app.store.history import add, entries_of
from app.store.tables import history, outcomes

_later = history.alias("later")
_LOOKED_AT = (Outcome.APPLIED, Outcome.UNCHANGED, Outcome.FILTERED)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sync would do: how often, by action and target, and the first of its lines."""

    counts: Mapping[tuple[str, str | None], int]
    lines: tuple[Entry, ...]


def of_sync(conn: Connection, sync: str, limit: int | None) -> Preview:
    """What the last look at each record has told, in the order in which it came up; up to `limit` lines."""
    stands = _stands(sync)
    counted = select(history.c.action, history.c.target, func.count()).where(stands)
    rows = conn.execute(counted.group_by(history.c.action, history.c.target).order_by(history.c.action)).all()
    lines = select(history).where(stands).order_by(history.c.id).limit(limit)
    return Preview({(action, target): number for action, target, number in rows}, entries_of(conn, lines))


def prune(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` of what was previewed before then, the oldest first; how many."""
    old = (history.c.outcome == "previewed") & (history.c.at < before)
    oldest = select(history.c.id).where(old).order_by(history.c.at).limit(limit)
    return conn.execute(delete(history).where(history.c.id.in_(oldest))).rowcount


def end(conn: Connection, sync: str, because: str, now: datetime) -> None:
    """What stands in the preview is void, and history says why: a later line of each pair."""
    standing = entries_of(conn, select(history).where(_stands(sync)).order_by(history.c.id))
    add(conn, [replace(each, at=now, action="void", changes={}, reason=because, outcome="done") for each in standing])


def _stands(sync: str) -> ColumnElement[bool]:
    """Previews of which neither record has a later line, nor was looked at later with nothing left to do."""
    of_sync = history.c.lane.startswith(f"{sync}/", autoescape=True) & (history.c.outcome == "previewed")
    return and_(of_sync, *(~is_over for side in ("salesforce", "xero") for is_over in _is_over(side)))


def _is_over(side: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    c, object, id = history.c, history.c[f"{side}_object"], history.c[f"{side}_id"]
    same = and_(_later.c[f"{side}_object"] == object, _later.c[f"{side}_id"] == id, _later.c.mapping == c.mapping)
    told = exists().where(same, _later.c.lane == c.lane, _later.c.at > c.at)
    about = and_(outcomes.c.system == side, outcomes.c.object == object, outcomes.c.record_id == id)
    done = and_(outcomes.c.outcome.in_(_LOOKED_AT), outcomes.c.reason.not_like("observe mode:%"))
    looked_at = exists().where(outcomes.c.lane == c.lane, about, done, outcomes.c.settled_at > c.at)
    return told, looked_at
