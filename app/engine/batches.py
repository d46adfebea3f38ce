"""Running a batch. Where a vendor fails for some of its records, those are set aside and the others go on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.apply import Deferred, set_aside
from app.engine.bench import Bench
from app.engine.causes import FAILS_ALWAYS
from app.engine.ledger import DueRecord
from app.engine.memory import Dead, Settled
from app.engine.permits import permits_of
from app.engine.reading import Unanswered, Unshown
from app.engine.recover import Errors, Failures, recover
from app.engine.refusals import unreadable
from app.engine.retry import AWAY_SECONDS, MAX_ATTEMPTS, SUSPECT_SECONDS, patiently
from app.engine.settle import put_off
from app.engine.sync import carry
from app.errors import NotDone

_FAILS_ALL = "the vendor fails one write after the other"

_PROBES = 2
"""When so many records in a row, each alone, are failed by a vendor, it is hardly the records' fault."""


async def run_batch(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    """Carry a claimed batch from what is known of it to what became of it.

    Returns a reason to put the whole lane aside, if a vendor gave one. Raises `LeaseLost` when another worker has the
    lane; nothing is settled then.
    """
    priority = min(due.priority for due in batch)
    try:
        async with permits_of(bench, priority) as permits:
            cleared = await recover(bench, [due.ref for due in batch], priority)
            if not (cleared.failures or cleared.unshown):
                return await carry(bench, batch, cleared, permits)
    except Unshown as error:
        return await _run_others(bench, batch, error.errors, {})
    except NotDone as error:
        return await _put_off(bench, batch, set_aside(error, bench.clock.now(), priority))
    return await _run_others(bench, batch, cleared.unshown, cleared.failures)


async def _put_off(bench: Bench, batch: Sequence[DueRecord], deferred: Deferred) -> Deferred:
    await bench.memory.settle([put_off(due, deferred) for due in batch])
    return deferred


async def _run_others(bench: Bench, batch: Sequence[DueRecord], unshown: Errors, failures: Failures) -> Deferred | None:
    """Set the records aside whose own data, or whose counterpart's, a vendor does not show, and run the others."""
    concerned = await _concerned(bench, batch, unshown)
    if unshown and not concerned:  # something of one of them is not shown: a survivor, or a part
        return await _run_each(bench, batch, failures, next(iter(unshown.values())))
    now, chance, left = bench.clock.now(), bench.chance(), [due for due in batch if due not in concerned]
    blamed = {due: why.error for due, why in concerned.items() if why.proven}
    await bench.memory.settle([unreadable(due, error, now, chance) for due, error in blamed.items()])
    away = await _put_off_suspects(bench, {due: why.error for due, why in concerned.items() if not why.proven})
    return (await _run_failed(bench, left, failures) if left else None) or away


async def _put_off_suspects(bench: Bench, suspects: Mapping[DueRecord, NotDone]) -> Deferred | None:
    """Put off records of which it cannot be told whether the vendor fails because of them, or is away.

    The lane is parked as for one that is away; they stay behind when it goes on, the longer the longer they have been.
    """
    if not suspects:
        return None
    now = bench.clock.now()
    behind = {due: patiently(now, due.first_due_at, AWAY_SECONDS, SUSPECT_SECONDS) for due in suspects}
    await bench.memory.settle([put_off(due, _suspected(behind[due], error)) for due, error in suspects.items()])
    return _suspected(now + timedelta(seconds=AWAY_SECONDS), next(iter(suspects.values())))


def _suspected(until: datetime, error: NotDone) -> Deferred:
    return Deferred(until, str(error), parks=True, suspects=True, kind=type(error).__name__)


async def _run_each(
    bench: Bench, batch: Sequence[DueRecord], failures: Failures, unanswered: Unanswered
) -> Deferred | None:
    """Run each record alone, which tells whose it is that is not shown. One suspect stops nobody, two may be none."""
    if len(batch) == 1:
        return await _run_hidden(bench, batch[0], unanswered)
    suspected = None
    for position, due in enumerate(batch):
        parked = await _run_failed(bench, [due], failures)
        if parked and (suspected or not parked.suspects):
            return await _put_off(bench, batch[position + 1 :], parked)
        suspected = suspected or parked
    return suspected


async def _run_hidden(bench: Bench, due: DueRecord, unanswered: Unanswered) -> Deferred | None:
    """Set a record aside of which something is not shown, if that is its fault; otherwise it is a suspect."""
    error, now = unanswered.error, bench.clock.now()
    if not unanswered.proven:
        return await _put_off_suspects(bench, {due: error})
    await bench.memory.settle([unreadable(due, error, now, bench.chance())])
    return None


async def _concerned(bench: Bench, batch: Sequence[DueRecord], errors: Errors) -> Mapping[DueRecord, Unanswered]:
    links = (await bench.memory.recall([due.ref for due in batch])).links
    pairs = {due: {due.ref, *(ref for link in links[due.ref] for ref in (link.salesforce, link.xero))} for due in batch}
    return {due: errors[ref] for due, refs in pairs.items() for ref in refs if ref in errors}


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
    if parked and not parked.suspects:
        return await _put_off(bench, alone, parked)
    return await _run_singly(bench, alone) or parked


def _counted(due: DueRecord, failures: Failures) -> DueRecord:
    failed = failures.get(due.ref)
    return replace(due, attempts=due.attempts + 1) if failed and failed.of_its_own else due


def _dead(due: DueRecord, why: str) -> Settled:
    return Settled((due,), dead=Dead(FAILS_ALWAYS, why), reason=why)


async def _run_singly(bench: Bench, batch: Sequence[DueRecord]) -> Deferred | None:
    """Run each record alone, as long as that is any good: the rest is put off when the vendor fails all of them."""
    failed_in_a_row = 0
    for position, due in enumerate(batch):
        waits = await _is_in_doubt(bench, due)  # for the write of its counterpart, which came first
        parked = await run_batch(bench, [due])
        if not waits:
            failed_in_a_row = failed_in_a_row + 1 if await _is_in_doubt(bench, due) else 0
        left = batch[position + 1 :]
        if left and failed_in_a_row == _PROBES:
            until = bench.clock.now() + timedelta(seconds=AWAY_SECONDS)
            parked = Deferred(until, _FAILS_ALL, parks=True)
        if parked and not parked.suspects:
            return await _put_off(bench, left, parked)
    return None


async def _is_in_doubt(bench: Bench, due: DueRecord) -> bool:
    return due.ref in (await bench.memory.recall([due.ref])).in_doubt
