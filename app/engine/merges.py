"""Following merges, before any deletion is believed: the link moves to the record that survives."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.engine.bench import Bench
from app.engine.cases import Case, loser_of
from app.engine.entries import entry
from app.engine.events import Priority
from app.engine.ledger import Entry
from app.engine.look import States, look
from app.engine.memory import Moved
from app.engine.observe import was_seen
from app.engine.plans import Merge
from app.engine.records import Link, Presence, RecordRef, State, System
from app.engine.written import Moment
from app.mapping.model import Mode

LONGEST = 20
"""After so many merges in a row a person may look."""


async def follow_merges(
    bench: Bench, cases: Sequence[Case], states: States, priority: Priority
) -> tuple[list[Case], bool]:
    """Move the links of what was merged to the survivors, which are made due; the cases whose link could not move
    know why. True when any has moved: then the cases are out of date.

    The caller holds `bench.matching`.
    """
    followed, moved = list[Case](), False
    for case in cases:
        follows = merged(case, states) and case.in_doubt_until is None
        merge = await _merge(bench, case, states, priority) if follows else None
        moved = (merge is not None and await _move(bench, case, merge)) or moved
        followed.append(replace(case, merge=merge) if merge else case)
    return followed, moved


def merged(case: Case, states: States) -> bool:
    """Whether the link of a case is to follow a merge, now or once a write in doubt is cleared up."""
    return case.link is not None and _loser(case, states) is not None


def _loser(case: Case, states: States) -> State | None:
    salesforce, xero = (states.get(ref) if ref else None for ref in (case.salesforce, case.xero))
    return loser_of(case.mapping, salesforce, xero)


async def _merge(bench: Bench, case: Case, states: States, priority: Priority) -> Merge | None:
    loser, link = _loser(case, states), case.link
    survivor = await survivor_of(bench, loser, states, priority) if loser else None
    if loser is None or link is None or survivor is None:
        return None
    return Merge(loser.ref, survivor, await _rival(bench, link, survivor))


async def _move(bench: Bench, case: Case, merge: Merge) -> bool:
    if case.link is None or merge.rival or bench.lane.sync.mode is Mode.OBSERVE:
        return False
    return await bench.memory.move(Moved(case.link.id, merge.survivor, tuple(_entries(bench, case, merge))))


async def survivor_of(bench: Bench, loser: State, states: States, priority: Priority) -> RecordRef | None:
    """Who is left at the end of a chain of merges, looked at; None when the end is out of sight."""
    state, passed = loser, {loser.ref}
    while state.seen.merged_into and len(passed) <= LONGEST:
        ref = loser.ref._replace(id=state.seen.merged_into)
        if ref in passed:
            return None
        passed.add(ref)
        if not was_seen(states.get(ref)):
            await look(bench, [ref], states, priority)
        state = states[ref]
    return None if state.seen.presence is Presence.INVISIBLE or state.seen.merged_into else state.ref


async def _rival(bench: Bench, link: Link, survivor: RecordRef) -> RecordRef | None:
    """What the survivor is linked to already. A contact has one owner, an account one link of each mapping."""
    ties = (await bench.memory.recall([survivor])).links.get(survivor, ())
    owned = survivor.system is System.XERO
    same = (tie for tie in ties if owned or (tie.mapping, tie.slot) == (link.mapping, link.slot))
    return next((tie.ref(survivor.system.other) for tie in same), None)


def _entries(bench: Bench, case: Case, merge: Merge) -> Iterator[Entry]:
    """One line for the record that was merged, and one for the survivor."""
    moment, survivor = Moment(bench.lane, bench.clock.now(), 0), merge.survivor
    why = f"merged into {survivor.id} in {survivor.system}: the link follows, with what was agreed"
    changes = {"link": {"before": merge.loser.id, "after": survivor.id, "rule": "merged"}}
    for ref in (merge.loser, survivor):
        about = replace(case, salesforce=ref) if ref.system is System.SALESFORCE else replace(case, xero=ref)
        yield entry(about, moment, "link", None, why, changes, "done")
