"""The inbox: the one way in for events."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy import insert as plain_insert

from app.engine.events import PRIORITY, Event, Kind, Routes
from app.engine.ledger import Outcome
from app.engine.records import RecordRef
from app.store import cursors
from app.store.due import Arrival, arrive
from app.store.statements import insert
from app.store.tables import inbox, outcomes

Fresh = dict[str, tuple[str, ...]]
"""The lanes of each event that was not known yet, by its key."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a delivery: new events, known ones, those of the new that no sync names, and lanes to ring."""

    accepted: int
    known: int
    unrouted: int
    lanes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Owed:
    """A new event for which a lane owes an outcome."""

    id: int
    event: Event
    lane: str

    @property
    def ref(self) -> RecordRef:
        return RecordRef(self.event.system, self.event.object, self.event.record_id or "")


def record(conn: Connection, events: Sequence[Event], routes: Routes, now: datetime) -> Recorded:
    """Accept events: whoever they come from, once this is committed their lanes owe an outcome for each new one."""
    return tally(events, store(conn, events, routes, now))


def store(conn: Connection, events: Iterable[Event], routes: Routes, now: datetime) -> Fresh:
    """Keep the events that are not known yet and make work of them; which these were."""
    distinct = {event.key: event for event in events}
    ids = _insert(conn, distinct.values(), routes, now)
    fresh = {key: routes.of(event) for key, event in distinct.items() if key in ids}
    owed = [_Owed(ids[key], distinct[key], lane) for key, lanes in fresh.items() for lane in lanes]
    _request_scans(conn, [each for each in owed if each.event.kind is Kind.SCAN], now)
    marks = arrive(conn, _arrivals([each for each in owed if each.event.kind is not Kind.SCAN]), now)
    if owed:
        conn.execute(plain_insert(outcomes), [_pending(each, marks.get((each.lane, each.ref), 0)) for each in owed])
    return fresh


def tally(events: Iterable[Event], fresh: Fresh) -> Recorded:
    """Count one delivery against what was new, and take its events out: whoever comes second brought known ones."""
    lanes = [fresh.pop(event.key, None) for event in events]
    new = [of_event for of_event in lanes if of_event is not None]
    return Recorded(
        accepted=len(new),
        known=len(lanes) - len(new),
        unrouted=sum(not of_event for of_event in new),
        lanes=frozenset(chain.from_iterable(new)),
    )


def prune(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` events that came before then, with all that the lanes made of them; how many.

    One for which something is still owed, or that needs a person, stays. The oldest go first.
    """
    owes = exists().where(outcomes.c.event_id == inbox.c.id, outcomes.c.outcome.in_([Outcome.PENDING, Outcome.DEAD]))
    oldest = select(inbox.c.id).where(inbox.c.received_at < before, ~owes).order_by(inbox.c.received_at).limit(limit)
    return conn.execute(delete(inbox).where(inbox.c.id.in_(oldest))).rowcount


def _insert(conn: Connection, events: Iterable[Event], routes: Routes, now: datetime) -> dict[str, int]:
    """The ids of those that were not known, by key."""
    rows = [_row(event, routes, now) for event in events]
    if not rows:
        return {}
    new = insert(conn, inbox).on_conflict_do_nothing(index_elements=[inbox.c.key]).returning(inbox.c.key, inbox.c.id)
    return {row.key: row.id for row in conn.execute(new, rows)}


def _row(event: Event, routes: Routes, now: datetime) -> dict[str, object]:
    return {
        "key": event.key,
        "system": event.system,
        "account": event.account,
        "object": event.object,
        "record_id": event.record_id,
        "kind": event.kind,
        "origin": event.origin,
        "version": event.version,
        "detail": event.detail,
        "received_at": now,
        "routed": bool(routes.of(event)),
    }


def _arrivals(owed: Iterable[_Owed]) -> list[Arrival]:
    """One arrival a record and lane, always in the same order: two transactions never wait for one another."""
    events: defaultdict[tuple[str, RecordRef], list[Event]] = defaultdict(list)
    for each in owed:
        events[each.lane, each.ref].append(each.event)
    return [_arrival(lane, ref, events[lane, ref]) for lane, ref in sorted(events)]


def _arrival(lane: str, ref: RecordRef, events: Sequence[Event]) -> Arrival:
    versions = [event.version for event in events if event.version is not None]
    writers = {event.by for event in events}
    traces = [event.trace for event in events if event.trace]
    return Arrival(
        lane=lane,
        ref=ref,
        priority=min(PRIORITY[event.origin] for event in events),
        version=max(versions) if len(versions) == len(events) else None,
        by=writers.pop() if len(writers) == 1 else None,
        trace=traces[-1] if traces else None,
    )


def _request_scans(conn: Connection, owed: Iterable[_Owed], now: datetime) -> None:
    for lane, ref in sorted({(each.lane, each.ref) for each in owed}):
        cursors.request_scan(conn, lane.partition("/")[0], ref.system, ref.object, now)


def _pending(owed: _Owed, mark: int) -> dict[str, object]:
    return {
        "event_id": owed.id,
        "lane": owed.lane,
        "system": owed.event.system,
        "object": owed.event.object,
        "record_id": owed.ref.id,
        "mark": mark,
        "outcome": Outcome.PENDING,
    }
