"""The engine's memory of one lane, kept in the database under the lane's lease."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from app.engine.ledger import Call, DueRecord, Lease
from app.engine.match import GONE, IDENTITY, Found
from app.engine.memory import (
    CallSettled,
    Keyed,
    Moved,
    Recollection,
    Scanned,
    ScanUnderWay,
    Settled,
    Sought,
    Whole,
)
from app.engine.records import Link, RecordRef, State
from app.errors import Held
from app.mapping.model import Guard
from app.store import (
    calls,
    claims,
    guards,
    holds,
    intents,
    leases,
    links,
    match_index,
    match_scans,
    partings,
    parts,
    pauses,
    questions,
    settlements,
)
from app.store import states as state_rows
from app.store.database import Database

T = TypeVar("T")

_USUAL = Guard()


class DatabaseLaneMemory:
    """Fulfils `LaneMemory`. One instance serves one held lease: nothing is kept without a look at its epoch."""

    def __init__(self, database: Database, lease: Lease, guard: Guard = _USUAL) -> None:
        self._database = database
        self._lease = lease
        self._guard = guard

    async def claim(self, limit: int, *, backfill: bool = True) -> tuple[DueRecord, ...]:
        def work(conn: Connection, now: datetime) -> tuple[DueRecord, ...]:
            if holds.why_stopped(conn, self._lease.lane):
                return ()
            return claims.claim(conn, self._lease.lane, self._lease.epoch, limit, now, backfill=backfill)

        return await self._held(work)

    async def recall(self, refs: Sequence[RecordRef]) -> Recollection:
        return await self._database.read(lambda conn: _recall(conn, self._lease, refs))

    async def states_of(self, refs: Sequence[RecordRef]) -> dict[RecordRef, State]:
        return await self._database.read(lambda conn: state_rows.load(conn, self._lease.sync, refs)) if refs else {}

    async def remember(
        self,
        states: Sequence[State],
        keyed: Sequence[Keyed],
        wholes: Sequence[Whole] = (),
        seen_again: Sequence[State] = (),
    ) -> None:
        def work(conn: Connection, _: datetime) -> None:
            again = state_rows.see_again(conn, self._lease.sync, seen_again)
            differing = [state for state in seen_again if state.ref not in again]
            kept = state_rows.save(conn, self._lease.sync, [*states, *differing])
            match_index.keep(conn, self._lease.sync, keyed, kept | again)
            for whole in wholes:
                parts.replace(conn, self._lease.sync, whole.parent, whole.parts)

        if states or keyed or seen_again:
            await self._held(work)

    async def parents_of(self, children: Sequence[RecordRef]) -> Mapping[RecordRef, tuple[RecordRef, ...]]:
        return await self._database.read(lambda conn: parts.parents_of(conn, self._lease.sync, children))

    async def scanned(self, ref: RecordRef) -> Scanned | None:
        return await self._database.read(lambda conn: match_scans.get(conn, self._lease.sync, ref.system, ref.object))

    async def scan_under_way(self, ref: RecordRef) -> ScanUnderWay | None:
        return await self._database.read(lambda conn: match_scans.under_way(conn, self._lease.sync, ref))

    async def note_scan(self, ref: RecordRef, under_way: ScanUnderWay) -> None:
        await self._held(lambda conn, _: match_scans.note(conn, self._lease.sync, ref, under_way))

    async def advance_scan(self, ref: RecordRef, scanned: Scanned) -> None:
        await self._held(lambda conn, _: match_scans.advance(conn, self._lease.sync, ref.system, ref.object, scanned))

    async def find(self, sought: Sequence[Sought]) -> Mapping[tuple[str, RecordRef], tuple[Found, ...]]:
        return await self._database.read(lambda conn: _found(conn, self._lease.sync, sought)) if sought else {}

    async def bind(self, links_to_bind: Sequence[Link]) -> tuple[Link | None, ...]:
        return await self._held(lambda conn, now: tuple(links.bind_all(conn, self._lease.sync, links_to_bind, now)))

    async def move(self, moved: Moved) -> bool:
        return await self._held(lambda conn, now: settlements.move(conn, self._lease, moved, now))

    async def open_call(self, call: Call) -> Call:
        own = replace(call, lane=self._lease.lane, epoch=self._lease.epoch)
        opened = await self._held(lambda conn, now: guards.open_call(conn, own, self._guard, now))
        if isinstance(opened, Held):
            raise opened
        return opened

    async def close_call(self, settled: CallSettled) -> None:
        await self._held(lambda conn, now: calls.close(conn, settled, now))

    async def unresolved(self) -> tuple[Call, ...]:
        return await self._database.read(lambda conn: calls.unresolved(conn, self._lease.lane))

    async def failed_alone(self, call: Call) -> bool:
        return await self._database.read(lambda conn: intents.failed_alone(conn, call))

    async def some_known(self, like: RecordRef, besides: Sequence[str], near: str) -> str | None:
        sync, _, xero_object = self._lease.lane.partition("/")

        def work(conn: Connection) -> str | None:
            linked = links.some_linked(conn, sync, xero_object, like, besides, near=near)
            return linked or parts.some_part(conn, sync, like, besides, near=near)

        return await self._database.read(work)

    async def settle(
        self, settled: Sequence[Settled], calls_settled: Sequence[CallSettled] = (), keyed: Sequence[Keyed] = ()
    ) -> None:
        def work(conn: Connection, now: datetime) -> None:
            for call in calls_settled:
                calls.close(conn, call, now)
            settlements.settle(conn, self._lease, settled, now, keyed)

        await self._held(work)

    async def rest_backfill(self, until: datetime) -> None:
        await self._held(lambda conn, _: leases.rest_backfill(conn, self._lease, until))

    async def park(self, until: datetime, because: str) -> None:
        await self._held(lambda conn, _: leases.park(conn, self._lease, until, because))

    async def _held(self, work: Callable[[Connection, datetime], T]) -> T:
        """Run `work` in one transaction with the check that the lease is still ours, and the database's time."""

        def checked(conn: Connection) -> T:
            leases.check(conn, self._lease)
            return work(conn, self._database.now(conn))

        return await self._database.run(checked)


def _recall(conn: Connection, lease: Lease, refs: Sequence[RecordRef]) -> Recollection:
    known = links.of(conn, lease.sync, refs)
    absorbed = state_rows.merged_into(conn, lease.sync, [ref for ref, tied in known.items() if not tied])
    losers = {loser for found in absorbed.values() for loser in found}
    left_behind = _left_behind(conn, lease.sync, absorbed)
    tied = [link for found in (*known.values(), *left_behind.values()) for link in found]
    counterparts = {ref for link in tied for ref in (link.salesforce, link.xero)}
    doubtful = frozenset(intents.unresolved_refs(conn, lease.lane)) & (counterparts | losers | set(refs))
    states = state_rows.load(conn, lease.sync, counterparts | set(refs))
    return Recollection(
        links=known,
        states=states,
        left_behind=left_behind,
        absorbed=absorbed,
        parted=partings.of(conn, lease.sync, refs),
        in_doubt=doubtful,
        pauses=pauses.of_sync(conn, lease.sync),
        decisions=questions.decisions(conn, lease.lane, counterparts | set(refs)),
        waiting=questions.waiting_for(conn, lease.lane, counterparts | set(refs)),
    )


def _left_behind(
    conn: Connection, sync: str, absorbed: Mapping[RecordRef, Sequence[RecordRef]]
) -> dict[RecordRef, tuple[Link, ...]]:
    """The links of what was merged into each record."""
    tied = links.of(conn, sync, [loser for losers in absorbed.values() for loser in losers])
    return {ref: found for ref, losers in absorbed.items() if (found := tuple(x for one in losers for x in tied[one]))}


class _Key(NamedTuple):
    """A match key of one side; the id of `like` does not matter."""

    mapping: str
    like: RecordRef
    name: str
    value: str


def _found(conn: Connection, sync: str, sought: Sequence[Sought]) -> dict[tuple[str, RecordRef], tuple[Found, ...]]:
    """What the index holds under each key: unlinked records of the other system, and how many of ours share it."""
    parted = partings.of(conn, sync, [each.ref for each in sought])
    theirs = _unlinked(conn, sync, [key for each in sought for key in _keys(each, _others(each))])
    shared = [key for each in sought for key in _keys(each, _own(each)) if theirs[key._replace(like=_others(each))]]
    ours = _unlinked(conn, sync, [key for key in shared if key.name not in {IDENTITY, GONE}])

    def found(each: Sought) -> Iterator[Found]:
        for key in _keys(each, _others(each)):
            sharing = len(ours.get(key._replace(like=_own(each)), ()))
            yield Found(key.name, theirs[key], max(1, sharing), parted.get(each.ref, frozenset()))

    return {(each.mapping, each.ref): tuple(found(each)) for each in sought}


def _keys(sought: Sought, like: RecordRef) -> list[_Key]:
    return [_Key(sought.mapping, like, name, value) for name, value in sought.keys.items()]


def _others(sought: Sought) -> RecordRef:
    return RecordRef(sought.ref.system.other, sought.other_object, "")


def _own(sought: Sought) -> RecordRef:
    return sought.ref._replace(id="")


def _unlinked(conn: Connection, sync: str, keys: Iterable[_Key]) -> dict[_Key, tuple[RecordRef, ...]]:
    """The records that have each key and are tied to nothing."""
    alike: defaultdict[tuple[str, RecordRef, str], list[_Key]] = defaultdict(list)
    for key in keys:
        alike[key.mapping, key.like, key.name].append(key)
    found = dict[_Key, tuple[RecordRef, ...]]()
    for (mapping, like, name), of_name in alike.items():
        ids = match_index.find(conn, sync, mapping, like.system, name, [key.value for key in of_name])
        found.update({key: tuple(like._replace(id=id) for id in ids.get(key.value, ())) for key in of_name})
    linked = links.of(conn, sync, {ref for refs in found.values() for ref in refs})
    return {key: tuple(ref for ref in refs if not linked[ref]) for key, refs in found.items()}
