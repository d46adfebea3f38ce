"""Claims: the due records that a batch takes to work on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.records import RecordRef
from app.store import links
from app.store.due import is_claimable, ref_of
from app.store.statements import by_object
from app.store.tables import due


def claim(conn: Connection, lane: str, epoch: int, limit: int, now: datetime) -> tuple[DueRecord, ...]:
    """Up to `limit` due records, the first in rank first, and after them their linked counterparts that are due.

    A record whose counterpart is being worked on in this epoch is left, so that no two batches hold one pair.
    Backfill is claimed apart from everything else, counterparts excepted.
    """
    busy = _counterparts(conn, lane, _claimed(conn, lane, epoch))
    free = is_claimable(now) & (due.c.lane == lane) & (due.c.claimed_epoch != epoch)
    chosen = _first_in_rank(conn, free, limit, busy)
    partners = _counterparts(conn, lane, chosen).difference(busy, chosen)
    return _take(conn, free, [*chosen, *sorted(partners)], epoch)


def unclaim(conn: Connection, lane: str, epoch: int) -> None:
    """Give back everything that is claimed in `epoch`."""
    conn.execute(update(due).where(due.c.lane == lane, due.c.claimed_epoch == epoch).values(claimed_epoch=0))


def _claimed(conn: Connection, lane: str, epoch: int) -> list[RecordRef]:
    claimed = select(due.c.system, due.c.object, due.c.record_id).where(
        due.c.lane == lane, due.c.claimed_epoch == epoch
    )
    return [ref_of(*row) for row in conn.execute(claimed)]


def _counterparts(conn: Connection, lane: str, refs: Sequence[RecordRef]) -> frozenset[RecordRef]:
    return links.counterparts(conn, lane.partition("/")[0], refs)


def _first_in_rank(
    conn: Connection, free: ColumnElement[bool], limit: int, busy: frozenset[RecordRef]
) -> list[RecordRef]:
    first = _read(conn, free, 1, busy)
    if not first:
        return []
    backfill = due.c.priority == Priority.BACKFILL
    alike = backfill if first[0][1] is Priority.BACKFILL else ~backfill
    return [ref for ref, _ in _read(conn, free & alike, limit, busy)]


def _read(
    conn: Connection, which: ColumnElement[bool], limit: int, busy: frozenset[RecordRef]
) -> list[tuple[RecordRef, Priority]]:
    """At most `len(busy)` rows are not to be had: by reading that many more, `limit` are found if they are there."""
    ranked = select(due.c.system, due.c.object, due.c.record_id, due.c.priority).where(which)
    in_rank = ranked.order_by(due.c.rank_at, due.c.system, due.c.object, due.c.record_id)
    rows = conn.execute(in_rank.limit(limit + len(busy)))
    found = [(ref_of(system, object, id), Priority(priority)) for system, object, id, priority in rows]
    return [(ref, priority) for ref, priority in found if ref not in busy][:limit]


def _take(
    conn: Connection, free: ColumnElement[bool], wanted: Sequence[RecordRef], epoch: int
) -> tuple[DueRecord, ...]:
    taken: dict[RecordRef, DueRecord] = {}
    for system, object, ids in by_object(wanted):
        these = free & (due.c.system == system) & (due.c.object == object) & due.c.record_id.in_(ids)
        claimed = update(due).where(these).values(claimed_epoch=epoch).returning(due)
        taken |= {record.ref: record for record in map(_due_record, conn.execute(claimed).mappings())}
    return tuple(taken[ref] for ref in wanted if ref in taken)


def _due_record(row: RowMapping) -> DueRecord:
    return DueRecord(
        ref=ref_of(row["system"], row["object"], row["record_id"]),
        mark=row["counter"],
        priority=Priority(row["priority"]),
        attempts=row["attempts"],
        first_due_at=row["first_due_at"],
        echo_version=row["echo_version"],
        echo_by=row["echo_by"],
        trace=row["trace"],
    )
