"""Looking at records: the due ones, their counterparts, and whatever changed since the last scan."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from app.engine import match
from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.memory import Keyed, Scanned
from app.engine.observe import FRESH_SECONDS, is_fresh, observed
from app.engine.records import Observation, RecordRef, State, System

OVERLAP_SECONDS = 120
"""How far a scan reaches back before its position: vendors show some changes late. Reading a row twice is free."""

States = dict[RecordRef, State]


async def look(bench: Bench, refs: Iterable[RecordRef], states: States, priority: Priority) -> None:
    """Read `refs` by id and put what was seen into `states` and into memory."""
    for (system, name), ids in _by_object(refs).items():
        connector = bench.connectors[system]
        for start in range(0, len(ids), connector.read_size):
            begun_at = bench.clock.now()
            fields = bench.lane.fields(system, name)
            seen = await connector.read(name, ids[start : start + connector.read_size], fields, priority)
            await keep(bench, [_state(bench, states, each, begun_at) for each in seen], states)


async def freshen(bench: Bench, refs: Iterable[RecordRef], states: States, priority: Priority) -> None:
    """Look at counterparts that are about to be written, unless they were seen a moment ago.

    Many of one object are seen by one scan of what changed, which costs a call where reading them costs several.
    """
    now = bench.clock.now()
    for (system, name), ids in _by_object(refs).items():
        stale = [ref for id in ids if not _known_fresh(states.get(ref := RecordRef(system, name, id)), now=now)]
        known = all(ref in states for ref in stale)
        if len(stale) > bench.connectors[system].read_size and known and await _has_scanned(bench, stale[0]):
            await scan(bench, system, name, states, priority)
        else:
            await look(bench, stale, states, priority)


async def scan(bench: Bench, system: System, object: str, states: States, priority: Priority) -> None:
    """Read all that changed since the last scan, everything the first time, so that the match index is up to date.

    The position moves only after the last page, to the vendor's time at the start of the scan.
    """
    ref, begun_at = RecordRef(system, object, ""), bench.clock.now()
    before = await bench.memory.scanned(ref)
    if before and begun_at - before.scanned_at <= timedelta(seconds=FRESH_SECONDS):
        return
    since = before.position - timedelta(seconds=OVERLAP_SECONDS) if before else None
    started_at = None
    async for page in bench.connectors[system].changed(object, since, bench.lane.fields(system, object), priority):
        started_at = started_at or page.vendor_now
        known = await bench.memory.recall([seen.ref for seen in page.observations])
        fresh = [_state(bench, {**known.states, **states}, seen, begun_at) for seen in page.observations]
        await keep(bench, fresh, states)
    if started_at:
        await bench.memory.advance_scan(ref, Scanned(started_at, begun_at))


async def keep(bench: Bench, seen: Sequence[State], states: States) -> None:
    """Remember states and their match keys."""
    await bench.memory.remember(seen, [keyed for state in seen for keyed in _keyed(bench, state)])
    states.update((state.ref, state) for state in seen)


def _state(bench: Bench, states: States, seen: Observation, begun_at: datetime) -> State:
    return observed(states.get(seen.ref), seen, bench.lane.lenses(seen.ref.system, seen.ref.object), begun_at)


def _keyed(bench: Bench, state: State) -> Iterator[Keyed]:
    for mapping in bench.lane.of_object(state.ref.system, state.ref.object):
        yield Keyed(mapping.name, state.ref, match.keys(mapping, state.seen))


def _known_fresh(state: State | None, *, now: datetime) -> bool:
    return state is not None and is_fresh(state, now)


async def _has_scanned(bench: Bench, ref: RecordRef) -> bool:
    return await bench.memory.scanned(ref) is not None


def _by_object(refs: Iterable[RecordRef]) -> dict[tuple[System, str], list[str]]:
    grouped: dict[tuple[System, str], list[str]] = defaultdict(list)
    for ref in dict.fromkeys(refs):
        grouped[ref.system, ref.object].append(ref.id)
    return grouped
