"""Clearing up writes whose answer nobody knows, before anything else is planned for their records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from app.engine.actions import Answer, Done
from app.engine.apply import close, send
from app.engine.bench import Bench
from app.engine.doubt import Remedy, Trace, may_be_of, remedy, settled_at
from app.engine.events import Priority
from app.engine.folding import folded, result_of, traced
from app.engine.ledger import Call, CallResult, Intent
from app.engine.look import keyed
from app.engine.memory import CallSettled, Recollection
from app.engine.reading import Unanswered
from app.engine.records import Observation, RecordRef
from app.engine.retry import DOUBT_SECONDS
from app.engine.targets import look_at_targets
from app.engine.wanted import is_still_wanted
from app.errors import CallRefused, Doubtful

Doubts = Mapping[RecordRef, datetime]
"""Records with a write still in doubt, and when to look at them again."""


class Failed(NamedTuple):
    """The vendor failed a write of a record and has not carried it out.

    `of_its_own`: no other record was in the call, and the vendor has answered to a write of another one since.
    """

    why: str
    of_its_own: bool


Failures = Mapping[RecordRef, Failed]
Errors = Mapping[RecordRef, Unanswered]


class Cleared(NamedTuple):
    """What is still in doubt, what is known after clearing up, and whose writes the vendor has failed.

    Of those `unshown` nobody can tell, as the vendor does not show the target.
    """

    doubts: Doubts
    known: Recollection
    failures: Failures
    unshown: Errors


async def recover(bench: Bench, refs: Sequence[RecordRef], priority: Priority) -> Cleared:
    """Clear up the writes in doubt that concern `refs`, as far as their targets are shown."""
    known = await bench.memory.recall(refs)
    if not known.in_doubt:
        return Cleared({}, known, {}, {})
    async with bench.recovering:
        ends = [await _clear_up(bench, call, priority) for call in await _concerned(bench, known.in_doubt)]
        doubts = {ref: until for end in ends for ref, until in end.doubts.items()}
        failures = {ref: failed for end in ends for ref, failed in end.failures.items()}
        asked_about = known.in_doubt.difference(_absorbed(known)).union(refs)
        unshown = {ref: why for end in ends for ref, why in end.unshown.items() if ref in asked_about}
        return Cleared(doubts, await bench.memory.recall(refs), failures, unshown)


@dataclass(frozen=True, slots=True)
class _End:
    """What came of clearing up one call."""

    doubts: Doubts = field(default_factory=dict[RecordRef, datetime])
    failures: Failures = field(default_factory=dict[RecordRef, Failed])
    unshown: Errors = field(default_factory=dict[RecordRef, Unanswered])


async def in_doubt(bench: Bench, refs: Sequence[RecordRef]) -> frozenset[RecordRef]:
    """Those of `refs` that a write in doubt concerns. When they are due themselves, it will be cleared up."""
    return (await bench.memory.recall(refs)).in_doubt if refs else frozenset()


def survivors_in_doubt(known: Recollection) -> frozenset[RecordRef]:
    """The records into which another one was merged while a write for it is in doubt, as a create may be."""
    return frozenset(ref for ref, losers in known.absorbed.items() if known.in_doubt.intersection(losers))


def _absorbed(known: Recollection) -> Iterable[RecordRef]:
    """What was merged into others, and what that is tied to. A survivor waits for it and answers for nothing of it."""
    left_behind = chain.from_iterable(known.left_behind.values())
    tied = (ref for link in left_behind for ref in (link.salesforce, link.xero))
    return chain(chain.from_iterable(known.absorbed.values()), tied)


async def _concerned(bench: Bench, refs: Iterable[RecordRef]) -> list[Call]:
    wanted = set(refs)
    return [call for call in await bench.memory.unresolved() if wanted.intersection(_refs(call))]


def _refs(call: Call) -> set[RecordRef]:
    return {ref for intent in call.intents for ref in _pair(intent)}


def _pair(intent: Intent) -> tuple[RecordRef, ...]:
    """The source of an element, and its target where that is known."""
    id = intent.target_id
    return (intent.source, RecordRef(intent.target_system, intent.target_object, id)) if id else (intent.source,)


async def _clear_up(bench: Bench, call: Call, priority: Priority) -> _End:
    """Look at what `call` was to write, then believe it, repeat it, or wait. What is not shown stays in doubt."""
    begun_at = bench.clock.now()
    seen, unshown = await look_at_targets(bench, call, priority)
    errors = {ref: unshown[each.id] for each in call.intents if each.id in unshown for ref in _pair(each)}
    known = await bench.memory.recall([intent.source for intent in call.intents])
    seen = await _perhaps_written(bench, call, seen, known)
    shown = [intent for intent in call.intents if intent.id not in unshown]
    traces = {intent.id: traced(bench.lane, intent, known, seen.get(intent.id)) for intent in shown}
    match remedy(call, [*traces.values(), *[Trace.UNKNOWN] * len(unshown)], begun_at):
        case Remedy.SETTLE:
            answers = {id: _believed(found, seen.get(id)) for id, found in traces.items()}
            await _settle(bench, call, answers, known, None if unshown else CallResult.ANSWERED, acknowledges=False)
            return _End(failures=await _failures(bench, call, answers), unshown=errors)
        case Remedy.RESEND if await is_still_wanted(bench, call, known, priority):
            return await _resend(bench, call, known, priority)
        case Remedy.RESEND | Remedy.WAIT:
            suspects = {ref: why for ref, why in errors.items() if not why.proven}
            return replace(_waiting(call, settled_at(call)), unshown=suspects)


async def _perhaps_written(
    bench: Bench, call: Call, seen: Mapping[int, Observation], known: Recollection
) -> Mapping[int, Observation]:
    """What `call` may have written, of what was found."""
    states = await bench.memory.states_of([each.ref for each in seen.values()])
    found = [(intent, seen[intent.id]) for intent in call.intents if intent.id in seen]
    return {
        intent.id: each
        for intent, each in found
        if may_be_of(
            call,
            intent,
            each,
            mapping=bench.lane.mapping(intent.mapping),
            state=states.get(each.ref),
            parted=known.parted.get(intent.source, frozenset()),
        )
    }


def _waiting(call: Call, until: datetime) -> _End:
    return _End(doubts=dict.fromkeys(_refs(call), until))


async def _failures(bench: Bench, call: Call, answers: Mapping[int, Answer | None]) -> Failures:
    """The records whose elements were not carried out, where that was the vendor's doing and no mere loss of ours."""
    if call.result not in {CallResult.FAILED, CallResult.REPEATED}:
        return {}
    of_its_own = await bench.memory.failed_alone(call)
    failed = Failed(call.error or "the vendor failed", of_its_own)
    undone = [intent for intent in call.intents if intent.id in answers and answers[intent.id] is None]
    return {ref: failed for intent in undone for ref in _pair(intent)}


def _believed(found: Trace, seen: Observation | None) -> Answer | None:
    return Done(seen.ref.id, seen) if found is Trace.CARRIED_OUT and seen else None


async def _resend(bench: Bench, call: Call, known: Recollection, priority: Priority) -> _End:
    """Send the stored body once more under its key. That it may be running anew is committed before it is sent."""
    first = call.intents[0]
    await bench.memory.close_call(CallSettled(call.id, CallResult.REPEATED, error="sent once more"))
    again_at = bench.clock.now() + timedelta(seconds=DOUBT_SECONDS)
    try:
        answers = await send(bench, call, (call.system, first.verb, first.target_object), priority)
    except Doubtful as error:
        await close(bench, call, CallResult.REPEATED, error)
        return _waiting(call, again_at)
    except CallRefused as error:
        await close(bench, call, CallResult.REPEATED, error)
        return _waiting(call, settled_at(call))
    by_intent = {intent.id: answer for intent, answer in zip(call.intents, answers, strict=True)}
    await _settle(bench, call, by_intent, known, CallResult.ANSWERED, acknowledges=True)
    return _End()


async def _settle(
    bench: Bench,
    call: Call,
    answers: Mapping[int, Answer | None],
    known: Recollection,
    result: CallResult | None,
    *,
    acknowledges: bool,
) -> None:
    """Fold what was carried out into base before anything else is planned; the records themselves stay due."""
    answered = [(intent, answers[intent.id]) for intent in call.intents if intent.id in answers]
    results = {intent.id: result_of(answer) for intent, answer in answered}
    now = bench.clock.now()
    settled = [
        folded(bench.lane, call, intent, answer, known, now, acknowledges=acknowledges)
        for intent, answer in answered
        if isinstance(answer, Done)
    ]
    keys = keyed(bench.lane, (state for each in settled for state in each.states))
    await bench.memory.settle(settled, [CallSettled(call.id, result, results, call.request_id)], keys)
