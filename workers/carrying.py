"""Carrying a batch: the last rung, where what nobody foresaw is pinned on the one record that causes it."""

from collections.abc import Sequence

import structlog

from app.engine.apply import Deferred
from app.engine.batches import run_batch
from app.engine.bench import Bench
from app.engine.ledger import DueRecord
from app.engine.memory import Dead, Later, Settled
from app.engine.retry import next_attempt_at
from app.errors import LeaseLost, StoreUnavailable
from app.tracing import Fact, Kind, Tracer

SURPRISES = 3
"""How often a record may fail in a way that nobody foresaw before a person is asked to look."""

log = structlog.get_logger("lanes")


async def carry_traced(bench: Bench, batch: Sequence[DueRecord], tracer: Tracer, since: int) -> Deferred | None:
    """Carry a batch, which was claimed from `since` on, within a span: a record alone goes on with the trace of its
    newest event, several are linked to theirs.
    """
    traces = [due.trace for due in batch if due.trace]
    parent, links = (traces[0], ()) if len(batch) == len(traces) == 1 else (None, traces)
    facts: dict[str, Fact] = {"crossbook.lane": bench.lane.name, "crossbook.records": len(batch)}
    with tracer.span(f"batch {bench.lane.name}", facts, kind=Kind.CONSUMER, since=since, parent=parent, links=links):
        with tracer.span("claim", since=since):
            """It has ended just now."""
        return await carry(bench, batch)


async def carry(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    """Run a batch; a surprise is pinned on the one record that causes it, and harms no other.

    This is the last rung: what nobody foresaw is tried again, and becomes a dead letter when it does not pass.
    """
    try:
        return await run_batch(bench, batch)
    except (LeaseLost, StoreUnavailable):
        raise
    except Exception as error:
        log.exception("batch.failed", lane=bench.lane.name, records=len(batch))
        if len(batch) > 1:
            return await _carry_singly(bench, batch)
        await bench.memory.settle([_surprised(bench, due, error) for due in batch])
        return None


def _surprised(bench: Bench, due: DueRecord, error: Exception) -> Settled:
    reason = f"Crossbook failed on this record ({type(error).__name__}); please report it"
    attempts = due.attempts + 1
    if attempts < SURPRISES:
        until = next_attempt_at(bench.clock.now(), attempts, bench.chance())
        return Settled((due,), later=Later(until, reason, "internal", attempts))
    return Settled((due,), dead=Dead("internal", reason), reason=reason)


async def _carry_singly(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    parked = None
    for due in batch:
        parked = await carry(bench, [due]) or parked
    return parked
