"""Claims: the due records that a batch takes to work on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, bindparam, select, update

from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.records import RecordRef
from app.store import links
from app.store.due import CLAIMABLE, IS_LIVE, ref_of
from app.store.statements import IDS, by_object
from app.store.tables import due


def claim(
    conn: Connection, lane: str, epoch: int, limit: int, now: datetime, *, backfill: bool = True
) -> tuple[DueRecord, ...]:
    """Up to `limit` due records, the first in rank first, and after them their linked counterparts that are due.

    A record whose counterpart is being worked on in this epoch is left, so that no two batches hold one pair.
    Backfill is claimed apart from everything else, counterparts excepted, and only where it is wanted.
    """
    free = {"of_lane": lane, "epoch": epoch, "now": now}
    if not _read(conn, free, 1, frozenset(), backfill=None if backfill else False):
        return ()
    busy = _counterparts(conn, lane, _claimed(conn, lane, epoch))
    chosen = _first_in_rank(conn, free, limit, busy, backfill=backfill)
    partners = _counterparts(conn, lane, chosen).difference(busy, chosen)
    return _take(conn, free, [*chosen, *sorted(partners)])


def unclaim(conn: Connection, lane: str, epoch: int) -> None:
    """Give back everything that is claimed in `epoch`."""
    conn.execute(update(due).where(due.c.lane == lane, due.c.claimed_epoch == epoch).values(claimed_epoch=0))


_CLAIMED = select(due.c.system, due.c.object, due.c.record_id).where(
    due.c.lane == bindparam("of_lane"), due.c.claimed_epoch == bindparam("epoch")
)
_FREE = and_(CLAIMABLE, due.c.lane == bindparam("of_lane"), due.c.claimed_epoch != bindparam("epoch"))
_IN_RANK = (
    select(due.c.system, due.c.object, due.c.record_id, due.c.priority)
    .where(_FREE)
    .order_by(due.c.rank_at, due.c.system, due.c.object, due.c.record_id)
    .limit(bindparam("most"))
)
_READ = {None: _IN_RANK, True: _IN_RANK.where(~IS_LIVE), False: _IN_RANK.where(IS_LIVE)}
"""By whether backfill alone is read, all but it, or both."""
_TAKE = (
    update(due)
    .where(
        _FREE,
        due.c.system == bindparam("of_system"),
        due.c.object == bindparam("of_object"),
        due.c.record_id.in_(IDS),
    )
    .values(claimed_epoch=bindparam("epoch"))
    .returning(due)
)

Free = Mapping[str, object]
"""What is free: of which lane, when, and in which epoch nobody has it yet."""


def _claimed(conn: Connection, lane: str, epoch: int) -> list[RecordRef]:
    return [ref_of(*row) for row in conn.execute(_CLAIMED, {"of_lane": lane, "epoch": epoch})]


def _counterparts(conn: Connection, lane: str, refs: Sequence[RecordRef]) -> frozenset[RecordRef]:
    return links.counterparts(conn, lane.partition("/")[0], refs)


def _first_in_rank(
    conn: Connection, free: Free, limit: int, busy: frozenset[RecordRef], *, backfill: bool
) -> list[RecordRef]:
    first = _read(conn, free, 1, busy, backfill=None if backfill else False)
    if not first:
        return []
    return [ref for ref, _ in _read(conn, free, limit, busy, backfill=first[0][1] is Priority.BACKFILL)]


def _read(
    conn: Connection, free: Free, limit: int, busy: frozenset[RecordRef], *, backfill: bool | None
) -> list[tuple[RecordRef, Priority]]:
    """At most `len(busy)` rows are not to be had: by reading that many more, `limit` are found if they are there."""
    rows = conn.execute(_READ[backfill], {**free, "most": limit + len(busy)})
    found = [(ref_of(system, object, id), Priority(priority)) for system, object, id, priority in rows]
    return [(ref, priority) for ref, priority in found if ref not in busy][:limit]


def _take(conn: Connection, free: Free, wanted: Sequence[RecordRef]) -> tuple[DueRecord, ...]:
    taken: dict[RecordRef, DueRecord] = {}
    for system, object, ids in by_object(wanted):
        these = {**free, "of_system": system, "of_object": object, "ids": ids}
        taken |= {record.ref: record for record in map(_due_record, conn.execute(_TAKE, these).mappings())}
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
