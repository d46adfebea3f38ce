"""Looking at records: the due ones, their counterparts, and whatever changed since the last scan."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine import match
from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.hidden_parts import missing as missing_parts
from app.engine.hidden_parts import with_hidden
from app.engine.lane import Lane
from app.engine.memory import Keyed, Scanned, ScanUnderWay
from app.engine.observe import FRESH_SECONDS, is_fresh, observed
from app.engine.permits import Permits
from app.engine.ports import Page
from app.engine.reading import Apart, Unanswered, Unshown, find_by_key, read_by_id, read_merged_into
from app.engine.records import Observation, Presence, RecordRef, State, System
from app.engine.wholes import wholes
from app.errors import CallRefused, OutOfQuota, Unreachable

AGAIN = timedelta(seconds=2)
"""How far a look at what changed a moment ago reaches back: vendors compare to the second, and some exclude it."""

_SOON = timedelta(seconds=5)
"""A look begins ahead of its write's permit where that is to be had in so short a time: what it shows is fresh then."""

States = dict[RecordRef, State]


async def look(bench: Bench, refs: Iterable[RecordRef], states: States, priority: Priority) -> None:
    """Read `refs` by id and put what was seen into `states` and into memory.

    Raises `Unshown`, after all the others were seen, where a vendor fails for some of them.
    """
    unshown = dict[RecordRef, Unanswered]()
    for (system, name), ids in _by_object(refs).items():
        size = bench.connectors[system].read_size
        for start in range(0, len(ids), size):
            begun_at = bench.clock.now()
            seen, failed = await read_by_id(bench, system, name, ids[start : start + size], priority)
            await _take_in(bench, seen, states, states, begun_at, priority)
            unshown |= {RecordRef(system, name, id): why for id, why in failed.items()}
    if unshown:
        raise Unshown(unshown)


async def look_for_merged(
    bench: Bench, system: System, object: str, survivors: Sequence[str], states: States, priority: Priority
) -> None:
    """Look at what was merged into `survivors`, of which nobody may have told, where one can ask for that.

    Raises `Unshown` where a vendor fails for some of them.
    """
    begun_at = bench.clock.now()
    seen, failed = await read_merged_into(bench, system, object, survivors, priority)
    if failed:
        raise Unshown({RecordRef(system, object, id): why for id, why in failed.items()})
    if seen:
        known = await bench.memory.states_of([each.ref for each in seen])
        await _take_in(bench, seen, {**known, **states}, states, begun_at, priority)


async def look_for_keys(
    bench: Bench, system: System, object: str, key_field: str, keys: Sequence[str], states: States, priority: Priority
) -> Apart:
    """Look at whatever carries one of these keys: it is in memory and in the match index then."""
    begun_at = bench.clock.now()
    seen, failed = await find_by_key(bench, system, object, key_field, keys, priority)
    known = await bench.memory.states_of([each.ref for each in seen])
    await _take_in(bench, seen, {**known, **states}, states, begun_at, priority)
    return seen, failed


async def freshen(
    bench: Bench, system: System, refs: Iterable[RecordRef], states: States, permits: Permits, *, writes: int
) -> None:
    """Look at records of `system` that are about to be written, unless they were seen a moment ago.

    Many of one object are seen by one scan of what changed, which costs a call where reading them costs several, and
    serves every batch that waits here. `writes` is how many calls will write: they are booked together with the look,
    so that none is paid for in vain. Raises `OutOfQuota` when they cannot be.
    """
    async with bench.looking[system]:
        looks = [each for name, ids in _by_object(refs).items() if (each := await _look_at(bench, name, ids, states))]
        await _book(permits, system, sum(each.calls for each in looks), writes)
        for each in looks:
            if each.by_scan:
                await scan(bench, system, each.stale[0].object, states, permits.priority, AGAIN)
            else:
                await look(bench, each.stale, states, permits.priority)
        await permits.book(system, writes)


async def _book(permits: Permits, system: System, looks: int, writes: int) -> None:
    try:
        await permits.book(system, looks + writes)
    except OutOfQuota as error:
        if not looks or error.until > permits.bench.clock.now() + _SOON:
            raise
        await permits.book(system, looks)


@dataclass(frozen=True, slots=True)
class _Look:
    """Records of one object that must be looked at, how, and in how many calls."""

    stale: Sequence[RecordRef]
    by_scan: bool
    calls: int


async def _look_at(bench: Bench, name: tuple[System, str], ids: Sequence[str], states: States) -> _Look | None:
    now, read_size = bench.clock.now(), bench.connectors[name[0]].read_size
    stale = [ref for id in ids if not _known_fresh(states.get(ref := RecordRef(*name, id)), now=now)]
    if not stale:
        return None
    scanned = await bench.memory.scanned(bench.lane.indexed_as(*name)) if len(stale) > read_size else None
    if scanned and all(ref in states for ref in stale):
        if not _is_recent(scanned, now):
            return _Look(stale, by_scan=True, calls=1)
        states.update(await bench.memory.states_of(stale))  # another batch scanned since these were recalled
        return None
    return _Look(stale, by_scan=False, calls=-(-len(stale) // read_size))


async def scan(
    bench: Bench,
    system: System,
    object: str,
    states: States,
    priority: Priority,
    overlap: timedelta,
    *,
    after: datetime | None = None,
) -> None:
    """Read all that changed since the last scan, everything the first time, so that the match index is up to date.

    One that was begun a moment ago is good enough; where `after` is given, one that was begun later than that.

    Reading reaches back `overlap` before the last position, as a row read twice is free. The position moves only after
    the last page, to the vendor's time at the start of the scan; a scan that a vendor stops goes on where it was left.
    The caller holds `bench.looking` of the system.
    """
    ref, begun_at = bench.lane.indexed_as(system, object), bench.clock.now()
    before = await bench.memory.scanned(ref)
    if before and (before.scanned_at > after if after else _is_recent(before, begun_at)):
        return
    left = await bench.memory.scan_under_way(ref)
    since = left.reached - AGAIN if left else before.position - overlap if before else None
    ours_since = before.position - AGAIN if before else None
    started_at, fields = left.begun_at if left else None, bench.lane.fields(system, object)
    async for page in bench.connectors[system].changed(object, since, fields, priority, ours_since=ours_since):
        started_at = started_at or page.vendor_now
        known = await bench.memory.states_of([seen.ref for seen in page.observations])
        await _take_in(bench, page.observations, {**known, **states}, states, begun_at, priority)
        if not page.last and (reached := reached_by(page)):
            await bench.memory.note_scan(ref, ScanUnderWay(started_at, reached))
    if started_at:
        await bench.memory.advance_scan(ref, Scanned(started_at, begun_at))


def reached_by(page: Page) -> datetime | None:
    """The vendor's stamp up to which a scan has read everything; None when the page is not in the order of change."""
    scanned = page.observations[: len(page.observations) - page.out_of_order]
    stamps = [seen.version for seen in scanned if seen.version]
    return stamps[-1] if stamps and stamps == sorted(stamps) and len(stamps) == len(scanned) else None


async def _take_in(
    bench: Bench,
    seen: Sequence[Observation],
    before: States,
    states: States,
    begun_at: datetime,
    priority: Priority,
) -> None:
    """Put what was seen into `states` and into memory, with its match keys and who is part of whom."""
    seen = await _with_hidden_parts(bench, seen, before, states, priority)
    fresh = [_state(bench, before, each, begun_at) for each in seen]
    seen_again = [state for state in fresh if _is_known(before.get(state.ref), state)]
    known = {state.ref for state in seen_again}
    news = [state for state in fresh if state.ref not in known]
    parts = list(wholes(bench.lane.sync, seen))
    await bench.memory.remember(news, keyed(bench.lane, fresh), parts, seen_again)
    states.update((state.ref, state) for state in fresh)


async def _with_hidden_parts(
    bench: Bench, seen: Sequence[Observation], before: States, states: States, priority: Priority
) -> Sequence[Observation]:
    """Parts that are not shown with their records now are looked at themselves: they may be merely out of sight.

    One that a vendor fails for is what is known of it until the next look.
    """
    sync = bench.lane.sync
    gone = [ref for each in seen for ref in missing_parts(sync, before.get(each.ref), each)]
    if not gone:
        return seen
    unshown: Collection[RecordRef] = ()
    try:
        await look(bench, gone, states, priority)
    except Unshown as error:
        unshown = error.errors.keys()
    except (Unreachable, CallRefused):  # of these alone: the records that they belong to were shown just now
        unshown = gone
    remembered = await bench.memory.states_of(list(unshown))
    parts = {ref: states[ref] for ref in gone if ref not in unshown}
    known = {each.ref: {**_seen_since(was, remembered), **parts} for each in seen if (was := before.get(each.ref))}
    return [with_hidden(sync, before[each.ref], each, known[each.ref]) if each.ref in known else each for each in seen]


def _seen_since(before: State, remembered: Mapping[RecordRef, State]) -> States:
    """What has been seen of parts themselves since they were last shown with their record."""
    return {
        ref: state
        for ref, state in remembered.items()
        if state.observed_at > before.observed_at and state.seen.presence is not Presence.INVISIBLE
    }


def _state(bench: Bench, states: States, seen: Observation, begun_at: datetime) -> State:
    return observed(states.get(seen.ref), seen, bench.lane.lenses(seen.ref.system, seen.ref.object), begun_at)


def _is_known(before: State | None, state: State) -> bool:
    """Whether a record was seen as it is known: reading back what we wrote, and what was read before, costs little."""
    if before is None or before.seen.version is None:
        return False
    was, seen = before.seen, state.seen
    same = (was.version, was.presence, was.merged_into) == (seen.version, seen.presence, seen.merged_into)
    return same and was.fields == seen.fields and before.stamps == state.stamps


def keyed(lane: Lane, states: Iterable[State]) -> list[Keyed]:
    """The match keys by which the lane finds records in these states."""
    return [
        Keyed(mapping.name, state.ref, match.keys(mapping, state.seen))
        for state in states
        for mapping in lane.of_object(state.ref.system, state.ref.object)
    ]


def _known_fresh(state: State | None, *, now: datetime) -> bool:
    return state is not None and is_fresh(state, now)


def _is_recent(scanned: Scanned, now: datetime) -> bool:
    return now - scanned.scanned_at <= timedelta(seconds=FRESH_SECONDS)


def _by_object(refs: Iterable[RecordRef]) -> dict[tuple[System, str], list[str]]:
    grouped: dict[tuple[System, str], list[str]] = defaultdict(list)
    for ref in dict.fromkeys(refs):
        grouped[ref.system, ref.object].append(ref.id)
    return grouped
