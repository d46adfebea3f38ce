"""Finding the counterparts of unlinked records through the match index."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine import match
from app.engine.bench import Bench
from app.engine.carried import Key, after_the_end, creates, key_of, named
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.look import AGAIN, States, look_for_keys, look_for_merged, scan
from app.engine.match import GONE, IDENTITY, Found, Matched
from app.engine.memory import Sought
from app.engine.participation import kept_out
from app.engine.permits import Permits
from app.engine.reading import Unshown
from app.engine.records import Presence, RecordRef, State, System
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


async def find_counterparts(bench: Bench, cases: Sequence[Case], states: States, priority: Priority) -> list[Case]:
    """`cases` with the counterparts that the match index names; two cases that find each other become one.

    A create in Salesforce writes over whatever carries its key already. So who would be created there is asked for by
    that key first: it is found then, or known to be in the way.

    The caller has scanned both sides, and holds `bench.matching` until the links it makes of this are committed.
    """
    alone = unpaired(cases, states)
    matched = await _matches(bench, alone, states, priority)
    cases = _merged([case.matched_with(matched[key_of(case)]) if case in alone else case for case in cases])
    new = [case for case in unpaired(cases, states) if _is_upserted(case)]
    carriers = [await _carriers(bench, of_mapping, states, priority) for of_mapping in _by_mapping(new)]
    holders = {key: holder for of_mapping in carriers for key, holder in of_mapping.items()}
    again = await _matches(bench, new, states, priority) if holders else {}
    looked = [_looked_for(case, again, holders) if case in new else case for case in cases]
    return _merged(looked)


async def _matches(bench: Bench, alone: Sequence[Case], states: States, priority: Priority) -> Mapping[Key, Matched]:
    in_index = await bench.memory.find([_sought(case, states) for case in alone])
    by_id = await named(bench, alone, states, priority)
    matched = {key_of(case): _matched(case, in_index, by_id) for case in alone}
    await _learn(bench, [ref for found in matched.values() if (ref := found.ref or found.gone)], states)
    after = {key_of(case): await after_the_end(bench, case, matched[key_of(case)], states, priority) for case in alone}
    await _learn(bench, [found.ref for found in after.values() if found.ref], states)
    return after


def _is_upserted(case: Case) -> bool:
    """Whether a create for this case would be an upsert: Xero's creates never touch what is there."""
    return case.refs[0].system is System.XERO and creates(case)


def _by_mapping(cases: Sequence[Case]) -> list[list[Case]]:
    names = dict.fromkeys(case.mapping.name for case in cases)
    return [[case for case in cases if case.mapping.name == name] for name in names]


async def _carriers(bench: Bench, cases: Sequence[Case], states: States, priority: Priority) -> Mapping[Key, RecordRef]:
    """By case: the live Salesforce record that carries its id, whether or not it takes part in the mapping.

    Raises `Unshown` where that is not told.
    """
    mapping = cases[0].mapping
    by_id = {case.refs[0].id: case for case in cases}
    seen, failed = await look_for_keys(
        bench, System.SALESFORCE, mapping.salesforce, mapping.salesforce_key, list(by_id), states, priority
    )
    if failed:
        raise Unshown({by_id[id].refs[0]: why for id, why in failed.items()})
    live = [(match.identity(mapping, each), each.ref) for each in seen if each.presence is Presence.LIVE]
    return {key_of(by_id[id]): ref for id, ref in live if id in by_id}


def _looked_for(case: Case, again: Mapping[Key, Matched], holders: Mapping[Key, RecordRef]) -> Case:
    """The case after the look by its key: with who was found, or who is in the way."""
    found, holder = again.get(key_of(case), Matched()), holders.get(key_of(case))
    if found.ref and not case.matched.candidates:
        return case.matched_with(found)
    return replace(case, matched=replace(case.matched, holder=holder))


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


def _matched(
    case: Case, in_index: Mapping[tuple[str, RecordRef], Sequence[Found]], by_id: Mapping[Key, State]
) -> Matched:
    state, found = by_id.get(key_of(case)), in_index.get((case.mapping.name, case.refs[0]), ())
    if state is None:
        return match.choose(found)
    if state.seen.presence is Presence.LIVE:
        return Matched(state.ref, IDENTITY)
    return match.choose([*found, Found(GONE, (state.ref,), 1)])


async def _learn(bench: Bench, refs: Sequence[RecordRef], states: States) -> None:
    """The states of matched records come from memory, where the scan has put them."""
    states.update(await bench.memory.states_of([ref for ref in refs if ref not in states]))


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
    carries_its_id = case.matched.by == IDENTITY and found.system is System.SALESFORCE
    holder = found if carries_its_id else case.matched.holder
    alone = replace(case, matched=Matched(by=case.matched.by, candidates=(found,), holder=holder))
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
