"""One wide line of every record that a batch has settled, once that is kept."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from structlog.typing import FilteringBoundLogger

from app.engine.ledger import DueRecord, Lease
from app.engine.memory import CallSettled, Keyed, Settled
from app.engine.ports import Clock
from app.log import Fact
from app.mapping.model import Guard
from app.store.database import Database
from app.store.lane_memory import DatabaseLaneMemory
from app.tracing import Tracer, trace_id

log = structlog.get_logger("lanes")


class TellingMemory(DatabaseLaneMemory):
    """The lane's memory in the database, which tells the log what it has settled, and the trace how long that took."""

    def __init__(self, database: Database, lease: Lease, guard: Guard, clock: Clock, tracer: Tracer) -> None:
        super().__init__(database, lease, guard)
        self._clock = clock
        self._told_of = lease.lane
        self._tracer = tracer

    async def settle(
        self, settled: Sequence[Settled], calls_settled: Sequence[CallSettled] = (), keyed: Sequence[Keyed] = ()
    ) -> None:
        with self._tracer.span("settle"):
            await super().settle(settled, calls_settled, keyed)
        tell(self._told_of, settled, self._clock.now())


def tell(lane: str, settled: Sequence[Settled], now: datetime) -> None:
    """A line a record, without the vendor's or anybody's words: they are for `crossbook why`."""
    line: FilteringBoundLogger = log.bind(lane=lane, records=sum(len(each.due) for each in settled))
    for each in settled:
        facts = _of_pair(each)
        for due in each.due:
            _tell(line, each, {**facts, **_of_record(due, now)})


def _tell(line: FilteringBoundLogger, settled: Settled, facts: dict[str, Fact]) -> None:
    if settled.dead:
        line.warning("record.dead", code=settled.dead.code, **facts)
    elif settled.later:
        line.info("record.later", code=settled.later.code, until=settled.later.until.isoformat(), **facts)
    elif settled.asked:
        line.warning("record.question", topic=settled.asked[0].topic.partition(":")[0], **facts)
    elif settled.outcome:
        line.info("record.settled", **facts)


def _of_pair(settled: Settled) -> dict[str, Fact]:
    """What was decided and done; nothing was where there is no line of history."""
    facts: dict[str, Fact] = {"outcome": settled.outcome.value if settled.outcome else None}
    if not settled.entries:
        return {**facts, "action": "none", "calls": 0}
    calls = {entry.call_id for entry in settled.entries if entry.call_id}
    actions = dict.fromkeys(f"{entry.action} {entry.outcome}" for entry in settled.entries)
    return {
        **facts,
        "mapping": settled.entries[0].mapping,
        "action": ", ".join(actions),
        "target": settled.entries[-1].target,
        "calls": len(calls),
        "call_id": min(calls, default=None),
    }


def _of_record(due: DueRecord, now: datetime) -> dict[str, Fact]:
    """Which record it is, whence it came (a person, a push, reconcile, backfill), and how long it has taken."""
    return {
        "record": str(due.ref),
        "origin": due.priority.name.lower(),
        "attempts": due.attempts,
        "waited_seconds": max(0.0, (now - due.first_due_at).total_seconds()),
        **({"trace_id": trace_id(due.trace)} if due.trace else {}),
    }
