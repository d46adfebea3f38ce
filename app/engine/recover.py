"""Clearing up writes whose answer nobody knows, before anything else is planned for their records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from app.engine import pauses
from app.engine.actions import Answer, Declined, Done, Verb
from app.engine.apply import close, send
from app.engine.bench import Bench
from app.engine.cases import pair_up
from app.engine.doubt import Remedy, Trace, remedy, settled_at, trace
from app.engine.events import Priority
from app.engine.hidden_parts import with_missing
from app.engine.ledger import Call, CallResult, DueRecord, Entry, Intent, IntentResult
from app.engine.look import States, look
from app.engine.memory import CallSettled, Recollection, Settled
from app.engine.observe import acknowledged, observed
from app.engine.planning import Planned, decide
from app.engine.reading import Unshown, read_apart
from app.engine.records import Base, Link, Observation, Presence, RecordRef, System
from app.engine.retry import DOUBT_SECONDS
from app.engine.settle import carried, new_link
from app.errors import CallRefused, Doubtful, NotDone
from app.mapping import model

Doubts = Mapping[RecordRef, datetime]
"""Records with a write still in doubt, and when to look at them again."""


class Failed(NamedTuple):
    """The vendor failed a write of a record and has not carried it out.

    `of_its_own`: no other record was in the call, and the vendor has answered to a write of another one since.
    """

    why: str
    of_its_own: bool


Failures = Mapping[RecordRef, Failed]
Errors = Mapping[RecordRef, NotDone]


class Cleared(NamedTuple):
    """What is still in doubt, what is known after clearing up, and whose writes the vendor has failed."""

    doubts: Doubts
    known: Recollection
    failures: Failures


async def recover(bench: Bench, refs: Sequence[RecordRef], priority: Priority) -> Cleared:
    """Clear up the writes in doubt that concern `refs`.

    Raises `Unshown` for those of which nobody can tell, as the vendor does not show the target; the others are cleared
    up all the same.
    """
    known = await bench.memory.recall(refs)
    if not known.in_doubt:
        return Cleared({}, known, {})
    async with bench.recovering:
        ends = [await _clear_up(bench, call, priority) for call in await _concerned(bench, known.in_doubt)]
        doubts = {ref: until for end in ends for ref, until in end.doubts.items()}
        failures = {ref: failed for end in ends for ref, failed in end.failures.items()}
        unshown = {ref: error for end in ends for ref, error in end.unshown.items() if ref in known.in_doubt}
        if unshown:
            raise Unshown(unshown)
        return Cleared(doubts, await bench.memory.recall(refs), failures)


@dataclass(frozen=True, slots=True)
class _End:
    """What came of clearing up one call."""

    doubts: Doubts = field(default_factory=dict[RecordRef, datetime])
    failures: Failures = field(default_factory=dict[RecordRef, Failed])
    unshown: Errors = field(default_factory=dict[RecordRef, NotDone])


async def doubts_about(bench: Bench, refs: Sequence[RecordRef]) -> Doubts:
    """Those of `refs` that a write in doubt concerns. When they are due themselves, it will be cleared up."""
    in_doubt = (await bench.memory.recall(refs)).in_doubt if refs else ()
    return dict.fromkeys(in_doubt, bench.clock.now() + timedelta(seconds=DOUBT_SECONDS))


def doubts_of_absorbed(bench: Bench, known: Recollection) -> Doubts:
    """The records into which another one was merged while a write for it is in doubt, as a create may be."""
    until = bench.clock.now() + timedelta(seconds=DOUBT_SECONDS)
    return {ref: until for ref, losers in known.absorbed.items() if known.in_doubt.intersection(losers)}


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
    seen, unshown = await _look_at_targets(bench, call, priority)
    known = await bench.memory.recall([intent.source for intent in call.intents])
    shown = [intent for intent in call.intents if intent.id not in unshown]
    traces = [_trace(bench, intent, known, seen.get(intent.id)) for intent in shown]
    match remedy(call, [*traces, *[Trace.UNKNOWN] * len(unshown)], begun_at):
        case Remedy.SETTLE:
            answers = [_believed(found, seen.get(intent.id)) for intent, found in zip(shown, traces, strict=True)]
            if shown:
                await _settle(bench, replace(call, intents=tuple(shown)), answers, known, acknowledges=False)
            errors = {ref: unshown[each.id] for each in call.intents if each.id in unshown for ref in _pair(each)}
            return _End(failures=await _failures(bench, call, shown, answers), unshown=errors)
        case Remedy.RESEND if await _is_still_wanted(bench, call, known, priority):
            return await _resend(bench, call, known, priority)
        case Remedy.RESEND | Remedy.WAIT:
            return _waiting(call, settled_at(call))


def _waiting(call: Call, until: datetime) -> _End:
    return _End(doubts=dict.fromkeys(_refs(call), until))


async def _failures(bench: Bench, call: Call, intents: Sequence[Intent], answers: Sequence[Answer | None]) -> Failures:
    """The records whose elements were not carried out, where that was the vendor's doing and no mere loss of ours."""
    if call.result not in {CallResult.FAILED, CallResult.REPEATED}:
        return {}
    of_its_own = len(call.intents) == 1 and await bench.memory.was_answered_since(call)
    failed = Failed(call.error or "the vendor failed", of_its_own)
    pairs = zip(intents, answers, strict=True)
    return {ref: failed for intent, answer in pairs if answer is None for ref in _pair(intent)}


async def _look_at_targets(
    bench: Bench, call: Call, priority: Priority
) -> tuple[Mapping[int, Observation], Mapping[int, NotDone]]:
    """By intent: the target as it is now, by its id, or by the natural key of what was to be created; or why it is not
    shown.
    """
    connector, first = bench.connectors[call.system], call.intents[0]
    name, fields = first.target_object, bench.lane.fields(call.system, first.target_object)
    if first.verb is Verb.CREATE:
        ids = {intent.id: intent.element.key or "" for intent in call.intents}
        read = partial(connector.find, name, first.element.key_field or "", fields=fields, priority=priority)
    else:
        ids = {intent.id: intent.target_id or "" for intent in call.intents}
        read = partial(connector.read, name, fields=fields, priority=priority)
    found, failed, wanted = list[Observation](), dict[str, NotDone](), list(ids.values())
    for start in range(0, len(wanted), connector.read_size):
        seen, errors = await read_apart(bench, call.system, wanted[start : start + connector.read_size], read, priority)
        found, failed = [*found, *seen], {**failed, **errors}
    unshown = {number: failed[id] for number, id in ids.items() if id in failed}
    if first.verb is Verb.CREATE:
        return _by_key(call.intents, found), unshown
    by_id = {each.ref.id: each for each in found}
    return {number: by_id[id] for number, id in ids.items() if id in by_id}, unshown


def _by_key(intents: Sequence[Intent], found: Iterable[Observation]) -> Mapping[int, Observation]:
    by_key = {(intent.element.key or "").casefold(): intent.id for intent in intents}
    field = intents[0].element.key_field or ""
    live_last = sorted(found, key=lambda each: each.presence is Presence.LIVE)
    keyed = ((str(each.fields.get(field)).casefold(), each) for each in live_last)
    return {by_key[key]: each for key, each in keyed if key in by_key}


def _trace(bench: Bench, intent: Intent, known: Recollection, seen: Observation | None) -> Trace:
    mapping = _mapping(bench, intent)
    if mapping is None:
        created = intent.verb is Verb.CREATE and seen is not None and seen.presence is Presence.LIVE
        return Trace.CARRIED_OUT if created else Trace.UNTOUCHED
    return trace(intent, mapping, _base(intent, known), seen)


def _mapping(bench: Bench, intent: Intent) -> model.Mapping | None:
    objects = {intent.source.system: intent.source.object, intent.target_system: intent.target_object}
    return bench.lane.heir(intent.mapping, objects[System.SALESFORCE], objects[System.XERO], intent.carries)


def _link(intent: Intent, known: Recollection) -> Link | None:
    return next((link for link in known.links.get(intent.source, ()) if link.id == intent.link_id), None)


def _base(intent: Intent, known: Recollection) -> Base:
    link = _link(intent, known)
    return link.base if link else {}


def _believed(found: Trace, seen: Observation | None) -> Answer | None:
    return Done(seen.ref.id, seen) if found is Trace.CARRIED_OUT and seen else None


async def _is_still_wanted(bench: Bench, call: Call, known: Recollection, priority: Priority) -> bool:
    """Whether all that `call` was to write would be written now: nothing of it has been stopped, paused or taken back.

    What its records show may have changed since, so its sources are looked at once more.
    """
    if bench.lane.sync.mode is not model.Mode.LIVE:
        return False
    states: States = dict(known.states)
    sources = list(dict.fromkeys(intent.source for intent in call.intents))
    try:
        await look(bench, sources, states, priority)
    except Unshown:
        return False
    now = bench.clock.now()
    due = [DueRecord(ref, mark=0, priority=priority, attempts=0, first_due_at=now) for ref in sources]
    cases, _ = pair_up(bench.lane, due, known)
    going, _ = pauses.apart(bench.lane.sync.name, cases, known.pauses)
    planned = decide(going, states, {})
    return all(any(_plans(each, intent) for each in planned) for intent in call.intents)


def _plans(planned: Planned, intent: Intent) -> bool:
    """Whether a plan holds the write of `intent`, with every field that it carries; their values may be newer."""
    case, target = planned.case, intent.target_system
    same_pair = case.ref(target.other) == intent.source and case.mapping.object(target) == intent.target_object
    writes = planned.plan.writes if planned.plan and same_pair else ()
    return any(
        (write.target, write.verb, write.element.id) == (target, intent.verb, intent.target_id)
        and intent.carries.keys() <= write.carries.keys()
        for write in writes
    )


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
    await _settle(bench, call, answers, known, acknowledges=True)
    return _End()


async def _settle(
    bench: Bench, call: Call, answers: Sequence[Answer | None], known: Recollection, *, acknowledges: bool
) -> None:
    """Fold what was carried out into base before anything else is planned; the records themselves stay due.

    An answer `acknowledges` the values it holds. A mere look does not: what differs from what was sent may be an edit
    made since, so base is what was sent.
    """
    pairs = list(zip(call.intents, answers, strict=True))
    results = {intent.id: _result(answer) for intent, answer in pairs}
    folded = [
        _folded(bench, call, intent, answer, known, acknowledges=acknowledges)
        for intent, answer in pairs
        if isinstance(answer, Done)
    ]
    await bench.memory.settle(folded, [CallSettled(call.id, CallResult.ANSWERED, results, call.request_id)])


def _result(answer: Answer | None) -> tuple[IntentResult, str | None]:
    match answer:
        case Done():
            return IntentResult.DONE, answer.id
        case Declined():
            return IntentResult.REFUSED, None
    return IntentResult.NOT_DONE, None


def _folded(
    bench: Bench, call: Call, intent: Intent, done: Done, known: Recollection, *, acknowledges: bool
) -> Settled:
    mapping, now = _mapping(bench, intent), bench.clock.now()
    ref = RecordRef(intent.target_system, intent.target_object, done.id)
    if mapping is None:
        return Settled(())
    before = known.states.get(ref)
    seen = acknowledged(before, ref, intent.verb, intent.element, done)
    seen = with_missing(bench.lane.sync, before, seen) if before else seen
    state = observed(before, seen, bench.lane.lenses(ref.system, ref.object), now)
    pairs = carried(mapping, intent.carries, state) if acknowledges else intent.carries
    link = _link(intent, known)
    entry = _entry(call, intent, now, ref, link.base if link else {})
    if link:
        return Settled((), states=(state,), base=(link.id, {**link.base, **pairs}), entries=(entry,))
    bind = new_link(mapping, intent.source, ref, pairs) if intent.verb is Verb.CREATE else None
    return Settled((), states=(state,), bind=bind, entries=(entry,))


def _entry(call: Call, intent: Intent, now: datetime, target: RecordRef, before: Base) -> Entry:
    side = intent.target_system
    salesforce, xero = sorted((intent.source, target))
    return Entry(
        at=now,
        lane=call.lane,
        epoch=call.epoch,
        mapping=intent.mapping,
        salesforce_object=salesforce.object,
        salesforce_id=salesforce.id,
        xero_object=xero.object,
        xero_id=xero.id,
        action=intent.verb,
        target=intent.target_system,
        reason="a write in doubt was found to be carried out",
        changes={
            name: {
                "target": side.value,
                "before": before[name].side(side) if name in before else None,
                "after": pair.side(side),
                "rule": "as it was sent",
            }
            for name, pair in intent.carries.items()
        },
        outcome="done",
        call_id=call.id,
    )
