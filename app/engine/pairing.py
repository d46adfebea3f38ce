"""Finding the counterparts of unlinked records through the match index."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine import match
from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.look import AGAIN, States, look_for_merged, scan
from app.engine.match import IDENTITY, Found, Matched
from app.engine.memory import Sought
from app.engine.participation import kept_out
from app.engine.permits import Permits
from app.engine.records import Presence, RecordRef, System
from app.errors import ConditionFailed

LOOK_AND_WRITE = 2
"""Calls that a create needs: one to see that nobody is there yet, one to write."""


def unpaired(cases: Sequence[Case], states: States) -> list[Case]:
    """The cases that must look for a counterpart: alone, live, and taking part."""
    return [case for case in cases if case.single and _may_pair(case, states)]


async def scan_both_sides(bench: Bench, alone: Sequence[Case], states: States, permits: Permits) -> None:
    """Scan for what changed, so that no counterpart is missed, no shared key taken for one record's own, and no merge
    of which only the survivor was heard.

    Of our own side that is what changed since it was last scanned; reconcile finds what shows later than it is stamped.
    Merges are asked for besides, where one can ask.
    """
    for target in sorted({_target(case) for case in alone}):
        await permits.book(target.system, LOOK_AND_WRITE)
        await _scan(bench, target, states, permits.priority, bench.connectors[target.system].overlap)
    for own in sorted({case.refs[0]._replace(id="") for case in alone}):
        seen = [states[case.refs[0]] for case in alone if case.refs[0]._replace(id="") == own]
        ids = sorted(state.ref.id for state in seen)
        await look_for_merged(bench, own.system, own.object, ids, states, permits.priority)
        last_look = max(state.observed_at for state in seen)
        await _scan(bench, own, states, permits.priority, AGAIN, after=last_look)


async def find_counterparts(bench: Bench, cases: Sequence[Case], states: States) -> list[Case]:
    """`cases` with the counterparts that the match index names; two cases that find each other become one.

    The caller has scanned both sides, and holds `bench.matching` until the links it makes of this are committed.
    """
    alone = unpaired(cases, states)
    in_index = await bench.memory.find([_sought(case, states) for case in alone])
    named = await _named(bench, alone, states)
    matched = {case.refs[0]: _matched(case, in_index, named) for case in alone}
    await _learn(bench, [found.ref for found in matched.values() if found.ref], states)
    return _merged([case.matched_with(matched[case.refs[0]]) if case in alone else case for case in cases])


async def _scan(
    bench: Bench,
    like: RecordRef,
    states: States,
    priority: Priority,
    overlap: timedelta,
    *,
    after: datetime | None = None,
) -> None:
    async with bench.looking[like.system]:
        await scan(bench, like.system, like.object, states, priority, overlap, after=after)


def _may_pair(case: Case, states: States) -> bool:
    state = states.get(case.refs[0])
    if state is None or state.seen.presence is not Presence.LIVE:
        return False
    try:
        return kept_out(case.mapping, state) is None
    except ConditionFailed:
        return False


def _target(case: Case) -> RecordRef:
    other = case.refs[0].system.other
    return RecordRef(other, case.mapping.object(other), "")


def _sought(case: Case, states: States) -> Sought:
    ref = case.refs[0]
    return Sought(case.mapping.name, ref, _target(case).object, match.sought(case.mapping, states[ref].seen))


async def _named(bench: Bench, alone: Sequence[Case], states: States) -> Mapping[RecordRef, RecordRef]:
    """By case: the live, unlinked record whose id the record itself carries in its key field."""
    wanted = {
        case.refs[0]: _target(case)._replace(id=id)
        for case in alone
        if (id := match.named_counterpart(case.mapping, states[case.refs[0]].seen))
    }
    known = await bench.memory.recall(list(wanted.values()))
    live = {ref for ref, state in known.states.items() if state.seen.presence is Presence.LIVE}
    return {own: other for own, other in wanted.items() if other in live and not known.links.get(other)}


def _matched(
    case: Case,
    in_index: Mapping[tuple[str, RecordRef], Sequence[Found]],
    named: Mapping[RecordRef, RecordRef],
) -> Matched:
    ref = case.refs[0]
    if ref in named:
        return Matched(named[ref], IDENTITY)
    return match.choose(in_index.get((case.mapping.name, ref), ()))


async def _learn(bench: Bench, refs: Sequence[RecordRef], states: States) -> None:
    """The states of matched records come from memory, where the scan has put them."""
    known = await bench.memory.recall([ref for ref in refs if ref not in states])
    states.update(known.states)


def _merged(cases: Sequence[Case]) -> list[Case]:
    """Cases of the same pair become one; where several found one record, a person must choose."""
    pairs: dict[tuple[str, RecordRef | None, RecordRef | None], Case] = {}
    for case in cases:
        key = (case.mapping.name, case.salesforce, case.xero)
        before = pairs.get(key)
        pairs[key] = replace(before, due=(*before.due, *case.due)) if before else case
    claims = Counter(case.matched.ref for case in pairs.values() if case.matched.ref)
    return _absorbed([_without_rivals(case, claims) for case in pairs.values()])


def _without_rivals(case: Case, claims: Mapping[RecordRef, int]) -> Case:
    found = case.matched.ref
    if found is None or claims[found] == 1:
        return case
    alone = replace(case, matched=Matched(by=case.matched.by, candidates=(found,)))
    return replace(alone, xero=None) if found.system is System.XERO else replace(alone, salesforce=None)


def _absorbed(cases: Sequence[Case]) -> list[Case]:
    """A record that was due on its own belongs to the case that found it."""
    found = {(case.mapping.name, case.matched.ref): case for case in cases if case.matched.ref}
    absorbed: dict[tuple[str, RecordRef | None], tuple[DueRecord, ...]] = {
        key: case.due for case in cases if case.single and (key := (case.mapping.name, case.single)) in found
    }
    return [
        replace(case, due=(*case.due, *absorbed.get((case.mapping.name, case.matched.ref), ())))
        for case in cases
        if not (case.single and (case.mapping.name, case.single) in absorbed)
    ]
