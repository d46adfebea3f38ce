"""The story of one batch: recall, look, pair, plan, apply, settle."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine import pauses
from app.engine.actions import Declined
from app.engine.apply import Deferred, Dispatch, Job, apply, calls_for, set_aside
from app.engine.bench import Bench
from app.engine.cases import Case, pair_up
from app.engine.events import Priority
from app.engine.holders import Holder, find_holder
from app.engine.ledger import DueRecord
from app.engine.look import States, freshen, keyed, look
from app.engine.memory import Later, Recollection, Settled
from app.engine.merges import follow_merges, merged
from app.engine.observe import needs_look, was_seen
from app.engine.pairing import find_counterparts, scan_both_sides, unpaired
from app.engine.parts import hand_over, settled_stray
from app.engine.permits import Permits
from app.engine.planning import Made, Planned, decide, left_over
from app.engine.plans import Action, Ask, Plan
from app.engine.readback import read_back
from app.engine.records import Link, RecordRef, System
from app.engine.recover import Cleared, in_doubt, survivors_in_doubt
from app.engine.retry import AWAY_SECONDS, DOUBT_SECONDS, FOLLOW_SECONDS, LONGEST_DOUBT_SECONDS, patiently
from app.engine.settle import failed, previewed, put_off, settle
from app.engine.written import Moment, Written, attempts_of
from app.errors import CallRefused, NotDone, Unreachable
from app.mapping.model import Mode

LONGEST_SEARCH = timedelta(hours=1)
"""How long it is tried to find who has a name or number that is taken, before a person is asked without knowing."""

_MERGED = "one of the two was merged a moment ago"
_TAKEN = "another mapping has taken its counterpart"


async def carry(bench: Bench, batch: Sequence[DueRecord], cleared: Cleared, permits: Permits) -> Deferred | None:
    """Carry a batch, whose writes in doubt were cleared up, to what became of it.

    Returns a reason to put the whole lane aside, if a vendor gave one to a write. Raises `NotDone`, with nothing
    settled but what was asleep, where a look was not carried out.
    """
    refs, priority, doubts, known = [due.ref for due in batch], permits.priority, cleared.doubts, cleared.known
    batch, asleep = pauses.awake(bench.lane, batch, known)
    if asleep:
        await bench.memory.settle(asleep)
    if not batch:
        return None
    states: States = dict(known.states)
    others = frozenset[RecordRef]()
    with bench.step("look"):
        await look(bench, [due.ref for due in batch if _is_news(bench, due, states)], states, priority)
        cases, strays = await _pairs(bench, batch, known, states, priority)
    async with AsyncExitStack() as held:
        if unpaired(cases, states) or any(merged(case, states) for case in cases):
            await held.enter_async_context(bench.matching)
            await scan_both_sides(bench, unpaired(cases, states), states, permits)
            after = await bench.memory.recall(refs)
            cases, strays = await _pairs(bench, batch, after, states, priority)
            others = await in_doubt(bench, [ref for case in cases for ref in _merging(case, states)])
            others |= survivors_in_doubt(after)
            cases = [_waiting(_doubted(case, doubts), others, bench.clock.now()) for case in cases]
            cases, moved = await follow_merges(bench, cases, states, priority)
            if moved:
                cases, strays = await _pairs(bench, batch, await bench.memory.recall(refs), states, priority)
                cases = [_waiting(_doubted(case, doubts), others, bench.clock.now()) for case in cases]
                cases, _ = await follow_merges(bench, cases, states, priority)
            cases = await find_counterparts(bench, cases, states, priority)
            others |= await in_doubt(bench, [case.matched.ref for case in cases if case.matched.ref])
        cases = [_waiting(_doubted(case, doubts), others, bench.clock.now()) for case in cases]
        going, resting = pauses.apart(bench.lane.sync.name, cases, known.pauses)
        return await _plan_and_apply(bench, going, strays, states, permits, resting)


def _merging(case: Case, states: States) -> tuple[RecordRef, ...]:
    """The records of a case whose link is to follow a merge, but not before a write to them is cleared up."""
    return case.refs if merged(case, states) else ()


def _is_news(bench: Bench, due: DueRecord, states: States) -> bool:
    return needs_look(due, states.get(due.ref), bench.connectors[due.ref.system].user)


async def _pairs(
    bench: Bench, batch: Sequence[DueRecord], known: Recollection, states: States, priority: Priority
) -> tuple[list[Case], list[DueRecord]]:
    """The cases of the batch by the links that are `known`, with a state for each of their records, and the strays."""
    cases, strays = pair_up(bench.lane, batch, known)
    states.update((ref, state) for ref, state in known.states.items() if ref not in states)
    unseen = [ref for case in cases for ref in case.refs if not was_seen(states.get(ref))]
    await look(bench, unseen, states, priority)
    return cases, strays


async def _plan_and_apply(
    bench: Bench,
    cases: Sequence[Case],
    strays: Sequence[DueRecord],
    states: States,
    permits: Permits,
    resting: Sequence[Settled],
) -> Deferred | None:
    made = Made()
    followed = [case for case in cases if merged(case, states)]
    for _ in System:  # a fresh look at one side may make a target of the other
        await _freshen_targets(bench, decide(cases, states, made), states, permits)
    news = [case for case in cases if merged(case, states) and case not in followed]
    cases = [case for case in cases if case not in news]
    live = bench.lane.sync.mode is Mode.LIVE
    with bench.step("plan"):
        planned = decide(cases, states, made)
    planned = await _bind(bench, planned) if live else planned
    jobs = [Job(each.case, write) for each in planned if live and each.plan for write in each.plan.writes]
    with bench.step("write"):
        dispatch = await apply(bench, jobs, permits.priority)
    await read_back(bench, dispatch)
    holders = await _holders(bench, dispatch, states)
    settled = [_settled(bench, each, dispatch, holders, states) for each in planned]
    resting = [*resting, *(_to_follow(bench, case) for case in news)]
    own = [*(due for case in cases for due in case.due), *(due for each in resting for due in each.due)]
    parts = await hand_over(bench, [*strays, *own], states)
    gone = [settled_stray(due, parts.get(due.ref)) for due in strays]
    onward = Settled((), handed_over=tuple(parts.values()))
    left = [put_off(due, Deferred(bench.clock.now(), _TAKEN, parks=False)) for due in left_over(cases, planned)]
    keys = keyed(bench.lane, (state for each in settled for state in each.states))
    await bench.memory.settle([*_each_due_once([*settled, *resting]), *gone, onward, *left], dispatch.calls, keys)
    return dispatch.parked()


def _to_follow(bench: Bench, case: Case) -> Settled:
    """A case of which just now one record was seen to be merged: its link follows before anything is written."""
    until = bench.clock.now() + timedelta(seconds=FOLLOW_SECONDS)
    return Settled(case.due, later=Later(until, _MERGED, attempts=attempts_of(case)))


async def _freshen_targets(bench: Bench, planned: Sequence[Planned], states: States, permits: Permits) -> None:
    """Look again at what is about to be written, so that an edit made there meanwhile is not run over."""
    jobs = [Job(each.case, write) for each in planned if each.plan for write in each.plan.writes]
    for system in System:
        writes = [job for job in jobs if job.write.target is system]
        targets = [ref for job in writes if job.write.element.id and (ref := job.case.ref(system))]
        if writes:
            await freshen(bench, system, targets, states, permits, writes=calls_for(bench, writes))


async def _bind(bench: Bench, planned: Sequence[Planned]) -> list[Planned]:
    """Tie the records that matching has paired, before anything is written to either."""
    pairs = [each for each in planned if each.plan and each.plan.link]
    links = await bench.memory.bind([_link(each.case) for each in pairs]) if pairs else ()
    bound = {id(each): _bound(each, link) for each, link in zip(pairs, links, strict=True)}
    return [bound.get(id(each), each) for each in planned]


def _link(case: Case) -> Link:
    if case.salesforce is None or case.xero is None:
        raise ValueError("a link needs both records")
    return Link(0, case.mapping.name, "", case.salesforce, case.xero, {})


def _bound(each: Planned, link: Link | None) -> Planned:
    if link:
        return Planned(replace(each.case, link=link), each.plan)
    taken = Ask("already_linked", {"records": [str(ref) for ref in each.case.refs]})
    return Planned(each.case, Plan(Action.QUESTION, "one of the two records is linked already", questions=(taken,)))


def _doubted(case: Case, doubts: Mapping[RecordRef, datetime]) -> Case:
    until = max((doubts[ref] for ref in case.refs if ref in doubts), default=None)
    return replace(case, in_doubt_until=until) if until else case


def _waiting(case: Case, others: frozenset[RecordRef], now: datetime) -> Case:
    """The case, waiting where a write in doubt that is not its own, of one of the `others`, concerns it."""
    if not others.intersection(case.refs):
        return case
    since = min(due.first_due_at for due in case.due)
    until = patiently(now, since, DOUBT_SECONDS, LONGEST_DOUBT_SECONDS)
    return replace(case, in_doubt_until=max(until, case.in_doubt_until or until))


async def _holders(bench: Bench, dispatch: Dispatch, states: States) -> Mapping[int, Holder]:
    """By position: who has the name or number that was refused for being taken, after it was matched anew once."""
    holders: dict[int, Holder] = {}
    for position, job in enumerate(dispatch.jobs):
        sent, target = dispatch.sent[position], job.case.ref(job.write.target)
        if isinstance(sent, Declined) and sent.taken and attempts_of(job.case):
            try:
                found = await find_holder(bench, job, sent, states.get(target) if target else None, dispatch.priority)
            except CallRefused:
                continue
            except Unreachable as error:
                if later := _sought_later(job.case, error, bench.clock.now()):
                    dispatch.sent[position] = later
            except NotDone as error:
                dispatch.sent[position] = set_aside(error, bench.clock.now(), dispatch.priority)
            else:
                holders.update({position: found} if found else {})
    return holders


def _sought_later(case: Case, error: Unreachable, now: datetime) -> Deferred | None:
    """The search names one value, so that its failure may be of this record alone: others go on meanwhile, and after an
    hour a person is asked without it.
    """
    since = min(due.first_due_at for due in case.due)
    if error.until:
        return Deferred(error.until, str(error), parks=True, kind=type(error).__name__)
    if now - since >= LONGEST_SEARCH:
        return None
    return Deferred(patiently(now, since, AWAY_SECONDS, LONGEST_DOUBT_SECONDS), str(error), parks=False)


def _settled(bench: Bench, each: Planned, dispatch: Dispatch, holders: Mapping[int, Holder], states: States) -> Settled:
    moment = Moment(bench.lane, bench.clock.now(), bench.chance())
    if each.plan is None:
        return failed(each.case, each.code, each.failure, moment)
    if bench.lane.sync.mode is Mode.OBSERVE and (each.plan.writes or each.plan.link):
        return previewed(each.case, each.plan, moment)
    return settle(each.case, each.plan, list(_written(each, dispatch, holders)), states, moment)


def _written(each: Planned, dispatch: Dispatch, holders: Mapping[int, Holder]) -> Iterator[Written]:
    for position, job in enumerate(dispatch.jobs):
        if job.case is each.case:
            yield Written(job.write, dispatch.sent[position], dispatch.call_ids.get(position), holders.get(position))


def _each_due_once(settled: Sequence[Settled]) -> list[Settled]:
    """A record that is due in several cases stays due as long as one of them is not done."""
    shared = {due for due, times in Counter(due for each in settled for due in each.due).items() if times > 1}
    open_ones = {due for each in settled if each.later or each.dead for due in each.due if due in shared}
    return [
        each if each.later or each.dead else replace(each, due=tuple(due for due in each.due if due not in open_ones))
        for each in settled
    ]
