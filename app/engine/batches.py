"""Running a batch. Where a vendor fails for it, it is run in parts, which tells whose fault that is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.engine.apply import Deferred, set_aside
from app.engine.bench import Bench
from app.engine.causes import is_lane_wide
from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.memory import Dead, Later, Settled
from app.engine.permits import permits_of
from app.engine.recover import Failures, recover
from app.engine.refusals import unreadable
from app.engine.retry import AWAY_SECONDS, MAX_ATTEMPTS, PATIENCE_SECONDS, next_attempt_at
from app.engine.settle import put_off
from app.engine.sync import carry
from app.errors import CallRefused, NotDone, Unreachable

_FAILS_ALL = "the vendor fails one write after the other"

_PROBES = 2
"""When so many records, each alone, are failed by a vendor before one is not, it is not the records' fault."""


async def run_batch(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    """Carry a claimed batch from what is known of it to what became of it.

    Returns a reason to put the whole lane aside, if a vendor gave one. Raises `LeaseLost` when another worker has the
    lane; nothing is settled then.
    """
    ended = await _try(bench, batch)
    return await _run_in_parts(bench, batch, ended) if isinstance(ended, Unreachable) else ended


async def _try(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | Unreachable | None:
    """Run a batch; the error, with nothing settled, where a vendor brings no answer and does not say until when."""
    priority = min(due.priority for due in batch)
    try:
        async with permits_of(bench, priority) as permits:
            cleared = await recover(bench, [due.ref for due in batch], priority)
            if not cleared.failures:
                return await carry(bench, batch, cleared, permits)
        return await _run_failed(bench, batch, cleared.failures)
    except NotDone as error:
        aside = set_aside(error, bench.clock.now(), priority)
        match error:
            case CallRefused() if not is_lane_wide(error.code):
                return await _blame_one(bench, batch, error)
            case Unreachable(until=None):
                return error
        return await _put_off(bench, batch, aside)


async def _put_off(bench: Bench, batch: Sequence[DueRecord], deferred: Deferred) -> Deferred:
    await bench.memory.settle([put_off(due, deferred) for due in batch])
    return deferred


async def _blame_one(bench: Bench, batch: Sequence[DueRecord], error: CallRefused) -> Deferred | None:
    """A look was refused for what it asks: each record alone tells which of them was at fault, and the others go on."""
    if len(batch) == 1:
        await bench.memory.settle([unreadable(batch[0], error, bench.clock.now(), bench.chance())])
        return None
    parked = None
    for due in batch:
        parked = await run_batch(bench, [due]) or parked
    return parked


async def _run_in_parts(bench: Bench, batch: Sequence[DueRecord], error: Unreachable) -> Deferred | None:
    """A vendor does not show some record of a batch: it is away, or it stumbles over that one.

    At first it is taken to be away. When that lasts though some pair can be read, the batch is halved each time until
    the record stands alone; what can be read goes on.
    """
    now = bench.clock.now()
    lasts = now - min(due.first_due_at for due in batch) > timedelta(seconds=PATIENCE_SECONDS)
    if not (lasts and await _can_read_some_pair(bench)):
        away = Deferred(now + timedelta(seconds=AWAY_SECONDS), str(error), parks=True)
        return await _put_off(bench, batch, away)
    if len(batch) == 1:
        await bench.memory.settle([_not_shown(bench, batch[0], error)])
        return None
    parked = None
    for place, part in enumerate((batch[: len(batch) // 2], batch[len(batch) // 2 :])):
        end = await _try(bench, part)
        if isinstance(end, Unreachable):
            apart = now + timedelta(seconds=AWAY_SECONDS * (place + 1))
            await _put_off(bench, part, Deferred(apart, str(end), parks=False))
        else:
            parked = end or parked
    return parked


async def _can_read_some_pair(bench: Bench) -> bool:
    """Whether both vendors show the records of a pair that is chosen by chance."""
    pair = await bench.memory.some_pair(near=bench.new_id())
    try:
        for ref in pair:
            fields = bench.lane.fields(ref.system, ref.object)
            await bench.connectors[ref.system].read(ref.object, [ref.id], fields, Priority.PUSH)
    except NotDone:
        return False
    return bool(pair)


def _not_shown(bench: Bench, due: DueRecord, error: Unreachable) -> Settled:
    attempts, reason = due.attempts + 1, str(error)
    if attempts >= MAX_ATTEMPTS:
        return _dead(due, reason)
    until = next_attempt_at(bench.clock.now(), attempts, bench.chance())
    return Settled((due,), later=Later(until, reason, "unknown", attempts))


async def _run_failed(bench: Bench, batch: Sequence[DueRecord], failures: Failures) -> Deferred | None:
    """Go on where a vendor has failed some writes: each such record goes alone now, which tells whose fault it was.

    One that was alone while the vendor answered for others has failed of its own fault, and is set aside when it has
    done so too often.
    """
    due = [_counted(each, failures) for each in batch]
    failed = [each for each in due if each.ref in failures]
    dead = [each for each in failed if each.attempts >= MAX_ATTEMPTS]
    await bench.memory.settle([_dead(each, failures[each.ref].why) for each in dead])
    others = [each for each in due if each.ref not in failures]
    alone = [each for each in failed if each not in dead]
    parked = await run_batch(bench, others) if others else None
    if parked:
        return await _put_off(bench, alone, parked)
    return await _run_singly(bench, alone)


def _counted(due: DueRecord, failures: Failures) -> DueRecord:
    failed = failures.get(due.ref)
    return replace(due, attempts=due.attempts + 1) if failed and failed.of_its_own else due


def _dead(due: DueRecord, why: str) -> Settled:
    return Settled((due,), dead=Dead("fails_always", why), reason=why)


async def _run_singly(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    """Run each record alone, as long as that is any good: the rest is put off when the vendor fails all of them."""
    failed = 0
    for position, due in enumerate(batch):
        parked = await run_batch(bench, [due])
        if failed == position and due.ref in (await bench.memory.recall([due.ref])).in_doubt:
            failed += 1
        left = batch[position + 1 :]
        if left and failed == _PROBES:
            until = bench.clock.now() + timedelta(seconds=AWAY_SECONDS)
            parked = parked or Deferred(until, _FAILS_ALL, parks=True)
        if parked:
            return await _put_off(bench, left, parked)
    return None
