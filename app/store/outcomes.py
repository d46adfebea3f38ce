"""Outcomes: what each lane made of each event."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, case, exists, func, or_, select, update

from app.engine.events import Kind, Origin
from app.engine.ledger import Outcome
from app.engine.records import RecordRef, System
from app.store.tables import due, inbox, outcomes

_NO_RECORD = ""
"""What stands for the record of an event that asks for a scan."""
_OPEN = or_(outcomes.c.outcome == Outcome.PENDING, outcomes.c.outcome == Outcome.DEAD)

_OPEN_OF_RECORD = and_(
    outcomes.c.lane == bindparam("of_lane"),
    outcomes.c.system == bindparam("of_system"),
    outcomes.c.object == bindparam("of_object"),
    outcomes.c.record_id == bindparam("of_id"),
    outcomes.c.mark <= bindparam("up_to"),
    _OPEN,
)
_IS_NEWEST = (
    outcomes.c.event_id
    == select(outcomes.c.event_id)
    .where(_OPEN_OF_RECORD)
    .order_by(outcomes.c.mark.desc(), outcomes.c.event_id.desc())
    .limit(1)
    .scalar_subquery()
)
_SETTLE = (
    update(outcomes)
    .where(_OPEN_OF_RECORD)
    .values(
        outcome=case((_IS_NEWEST, bindparam("becomes")), else_=Outcome.SUPERSEDED),
        reason=case((_IS_NEWEST, bindparam("because"))),
        settled_at=bindparam("now"),
    )
)
"""Built once: a batch settles fifty records, and building a statement costs more than running it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of every event. `holds` is the promise that none is lost; it is true between any two transactions.

    `accepted` counts the events in the inbox, `unrouted` those of them that no sync names, `lanes` the outcomes that
    each lane has or still owes. `forgotten` counts what nobody would ever work on: routed events without an
    outcome, and outcomes that are pending though nothing is due.
    """

    accepted: int
    unrouted: int
    forgotten: int
    lanes: Mapping[str, Counter[Outcome]]

    @property
    def holds(self) -> bool:
        return self.forgotten == 0


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a record and what one lane made of it, for people; `lane` is None where no sync names the event."""

    event_id: int
    key: str
    kind: Kind
    origin: Origin
    version: datetime | None
    received_at: datetime
    lane: str | None
    outcome: Outcome | None
    reason: str | None
    settled_at: datetime | None


class Ending(NamedTuple):
    """How the events of a record up to `mark` end in a lane."""

    ref: RecordRef
    mark: int
    outcome: Outcome
    reason: str | None = None


def settle(conn: Connection, lane: str, endings: Iterable[Ending], now: datetime) -> None:
    """Give the newest open event of each record up to its mark its outcome; the older ones are superseded by it.

    Open are the pending, and the dead whose record is worked on again.
    """
    rows: list[dict[str, object]] = [
        {
            "of_lane": lane,
            "of_system": each.ref.system,
            "of_object": each.ref.object,
            "of_id": each.ref.id,
            "up_to": each.mark,
            "becomes": each.outcome,
            "because": each.reason,
            "now": now,
        }
        for each in endings
    ]
    if rows:
        conn.execute(_SETTLE, rows)


def bury(conn: Connection, lane: str, ref: RecordRef, mark: int, reason: str, now: datetime) -> None:
    """The record became a dead letter: so is its newest event."""
    settle(conn, lane, [Ending(ref, mark, Outcome.DEAD, reason)], now)


def scanned(conn: Connection, lane: str, object: str, system: System, began_at: datetime, now: datetime) -> None:
    """The scan of an object that began at `began_at` has ended: what asked for one before is met."""
    before = exists().where(inbox.c.id == outcomes.c.event_id, inbox.c.received_at < began_at)
    met = and_(
        outcomes.c.lane == lane,
        outcomes.c.system == system,
        outcomes.c.object == object,
        outcomes.c.record_id == _NO_RECORD,
        outcomes.c.outcome == Outcome.PENDING,
        before,
    )
    conn.execute(update(outcomes).where(met).values(outcome=Outcome.APPLIED, reason="scanned", settled_at=now))


def counts(conn: Connection) -> Counts:
    """Count everything, in one consistent view: run it with `Database.read`."""
    by_lane: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    counted = select(outcomes.c.lane, outcomes.c.outcome, func.count()).group_by(outcomes.c.lane, outcomes.c.outcome)
    for lane, outcome, count in conn.execute(counted.order_by(outcomes.c.lane)):
        by_lane[lane][Outcome(outcome)] = count
    return Counts(
        accepted=_count(conn, select(func.count()).select_from(inbox)),
        unrouted=_count(conn, select(func.count()).where(~inbox.c.routed)),
        forgotten=_count(conn, _without_outcome()) + _count(conn, _without_due_record()),
        lanes=by_lane,
    )


def of_record(conn: Connection, system: System, object: str, record_id: str, limit: int = 50) -> tuple[Told, ...]:
    """The latest events of a record, the newest first, each once for every lane it went to."""
    joined = inbox.outerjoin(outcomes, outcomes.c.event_id == inbox.c.id)
    told = (inbox.c.id.label("event_id"), inbox.c.key, inbox.c.kind, inbox.c.origin, inbox.c.version)
    became = (outcomes.c.lane, outcomes.c.outcome, outcomes.c.reason, outcomes.c.settled_at)
    of_ref = and_(inbox.c.system == system, inbox.c.object == object, inbox.c.record_id == record_id)
    latest = select(*told, inbox.c.received_at, *became).select_from(joined).where(of_ref)
    rows = conn.execute(latest.order_by(inbox.c.id.desc(), outcomes.c.lane).limit(limit))
    return tuple(_told(row) for row in rows.mappings())


def _told(row: RowMapping) -> Told:
    outcome = row["outcome"] and Outcome(row["outcome"])
    return Told(**{**row, "kind": Kind(row["kind"]), "origin": Origin(row["origin"]), "outcome": outcome})


def _count(conn: Connection, counted: Select[int]) -> int:
    return conn.execute(counted).scalar_one()


def _without_outcome() -> Select[int]:
    return select(func.count()).where(inbox.c.routed, ~exists().where(outcomes.c.event_id == inbox.c.id))


def _without_due_record() -> Select[int]:
    """Scans apart: their promise is kept by the cursors."""
    record = and_(*(due.c[name] == outcomes.c[name] for name in ("lane", "system", "object", "record_id")))
    alive_or_dead = or_(due.c.dead_at.is_(None), outcomes.c.outcome == Outcome.DEAD)
    is_record = outcomes.c.record_id != _NO_RECORD
    return select(func.count()).where(is_record, _OPEN, ~exists().where(record, alive_or_dead))
