"""What a drain needs to remember and to recall, as a port. The store fulfils it under the lane's lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.engine.events import Priority
from app.engine.ledger import Call, CallResult, Decisions, DueRecord, Entry, IntentResult, Outcome, Question
from app.engine.match import Found
from app.engine.records import Base, Link, RecordRef, State


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is known of some records: their links (by either side), the states of both sides, writes in doubt."""

    links: Mapping[RecordRef, tuple[Link, ...]]
    states: Mapping[RecordRef, State]
    left_behind: Mapping[RecordRef, tuple[Link, ...]] = field(default_factory=dict[RecordRef, tuple[Link, ...]])
    """The links of what was merged into each record that is tied to nothing itself."""
    absorbed: Mapping[RecordRef, tuple[RecordRef, ...]] = field(default_factory=dict[RecordRef, tuple[RecordRef, ...]])
    """What was merged into each record that is tied to nothing itself."""
    parted: Mapping[RecordRef, frozenset[str]] = field(default_factory=dict[RecordRef, frozenset[str]])
    """The ids of the other system's records that a person took each record apart from."""
    in_doubt: frozenset[RecordRef] = frozenset()
    """Those of all these records that a write without a known end concerns."""
    pauses: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why each mapping and record of the sync is paused that is, by scope."""
    decisions: Mapping[RecordRef, Decisions] = field(default_factory=dict[RecordRef, Decisions])
    """What people answered and no plan has followed, by the record that was asked about."""
    waiting: Mapping[RecordRef, tuple[Question, ...]] = field(default_factory=dict[RecordRef, tuple[Question, ...]])
    """Open questions that a change of each record would settle."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An unlinked record whose counterpart, an `other_object` of the other system, is looked for under its keys."""

    mapping: str
    ref: RecordRef
    other_object: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Keyed:
    """The match keys of a record that was just seen; None takes a key away."""

    mapping: str
    ref: RecordRef
    keys: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Scanned:
    """How far the match index has read an object: by the vendor's clock, and when, by ours."""

    position: datetime
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class ScanUnderWay:
    """A scan that is not at its end: when it began, and the stamp up to which all is read, by the vendor's clock."""

    begun_at: datetime
    reached: datetime


@dataclass(frozen=True, slots=True)
class Later:
    """A record stays due, from `until` on. `attempts` counts failures of its own fault only.

    `waits_for` names what makes it due at once when it comes.
    """

    until: datetime
    reason: str
    code: str | None = None
    attempts: int = 0
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """A record needs a person: it becomes a dead letter."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A record and all that was just seen to be part of it."""

    parent: RecordRef
    parts: tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A part that was due, and the records it belongs to by now; it concerns also those that it belonged to before."""

    part: RecordRef
    parents: tuple[RecordRef, ...]
    before: tuple[RecordRef, ...]
    priority: Priority
    trace: str | None = None

    @property
    def concerns(self) -> tuple[RecordRef, ...]:
        """The records that must be looked at because of the part."""
        return tuple(dict.fromkeys((*self.before, *self.parents)))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one pair in a batch. Exactly one of `outcome`, `later` and `dead` says how its events end."""

    due: tuple[DueRecord, ...]
    outcome: Outcome | None = None
    reason: str = ""
    later: Later | None = None
    dead: Dead | None = None
    states: tuple[State, ...] = ()
    bind: Link | None = None
    base: tuple[int, Base] | None = None
    entries: tuple[Entry, ...] = ()
    asked: tuple[Question, ...] = ()
    withdrawn: tuple[RecordRef, ...] = ()
    """Records whose open questions, other than those asked now, no longer stand."""
    again: tuple[RecordRef, ...] = ()
    """Records that must be looked at because of this."""
    handed_over: tuple[HandedOver, ...] = ()
    """Parts whose parents become due in their stead."""
    adopted: tuple[int, str] | None = None
    """A link, and the mapping that it belongs to now."""
    used: tuple[int, ...] = ()
    """Questions whose answers have been followed, or do not fit any more."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A link that goes over from a record that was merged to the survivor, and the lines of history that say so."""

    link_id: int
    survivor: RecordRef
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class CallSettled:
    """How a call and its intents ended; `targets` are the ids that creates were given.

    Without a `result` the call itself stays as it is: the end of others of its intents is not known.
    """

    call_id: int
    result: CallResult | None
    intents: Mapping[int, tuple[IntentResult, str | None]] = field(
        default_factory=dict[int, tuple[IntentResult, str | None]]
    )
    request_id: str | None = None
    error: str | None = None


class LaneMemory(Protocol):
    """The store as one drain of one lane uses it.

    Everything that keeps anything raises `LeaseLost`, changing nothing, once another worker has the lane.
    """

    async def claim(self, limit: int, *, backfill: bool = True) -> tuple[DueRecord, ...]:
        """Up to about `limit` due records, most urgent first, linked counterparts together; empty when none is due.

        Backfill only where it is wanted.
        """
        ...

    async def recall(self, refs: Sequence[RecordRef]) -> Recollection:
        """Links, states (counterparts included) and doubts concerning `refs`."""
        ...

    async def states_of(self, refs: Sequence[RecordRef]) -> dict[RecordRef, State]:
        """The states of those `refs` that were ever observed, and of nothing else: less to ask for than all of it."""
        ...

    async def remember(
        self,
        states: Sequence[State],
        keyed: Sequence[Keyed],
        wholes: Sequence[Whole] = (),
        seen_again: Sequence[State] = (),
    ) -> None:
        """Keep what was just seen, with the match keys of all of it; no older version replaces a newer one, nor do its
        keys. Of what was `seen_again` as it is known only the time of the look is new.
        """
        ...

    async def parents_of(self, parts: Sequence[RecordRef]) -> Mapping[RecordRef, tuple[RecordRef, ...]]:
        """The records that each of `parts` was last seen to belong to."""
        ...

    async def scanned(self, ref: RecordRef) -> Scanned | None:
        """How far the match index has read the object of `ref` (its id does not matter)."""
        ...

    async def scan_under_way(self, ref: RecordRef) -> ScanUnderWay | None:
        """The scan of the object of `ref` that a vendor stopped, if there is one."""
        ...

    async def note_scan(self, ref: RecordRef, under_way: ScanUnderWay) -> None:
        """Remember how far a scan has come that goes on."""
        ...

    async def advance_scan(self, ref: RecordRef, scanned: Scanned) -> None:
        """Remember how far the match index has read: the scan under way has come to its end."""
        ...

    async def find(self, sought: Sequence[Sought]) -> Mapping[tuple[str, RecordRef], tuple[Found, ...]]:
        """What the match index holds for each, in the order of its keys, linked records left out."""
        ...

    async def bind(self, links: Sequence[Link]) -> tuple[Link | None, ...]:
        """Tie records; None where one of the two is tied already."""
        ...

    async def move(self, moved: Moved) -> bool:
        """Let a link go over to the survivor of a merge, which is made due; False when that one is tied already."""
        ...

    async def open_call(self, call: Call) -> Call:
        """Commit a call and its intents before it is sent; returns it with its ids.

        Raises `Held`, having committed to nothing, when the lane is stopped or the guard has room for fewer records.
        """
        ...

    async def close_call(self, settled: CallSettled) -> None:
        """Commit how a call ended that settles no record: it was not done, or is in doubt."""
        ...

    async def unresolved(self) -> tuple[Call, ...]:
        """The lane's calls with intents whose result nobody knows, oldest first."""
        ...

    async def failed_alone(self, call: Call) -> bool:
        """Whether `call` held one element, and its system has answered to a write of that kind sent after it."""
        ...

    async def some_known(self, like: RecordRef, besides: Sequence[str], near: str) -> str | None:
        """The id of a record of the object of `like` that is linked in the lane, or part of one, none of `besides`.

        Which one, `near` decides, so that a random one may be had; None without any.
        """
        ...

    async def settle(
        self, settled: Sequence[Settled], calls: Sequence[CallSettled] = (), keyed: Sequence[Keyed] = ()
    ) -> None:
        """Commit what became of a batch, all together; `keyed` are the match keys of the states that it left."""
        ...

    async def rest_backfill(self, until: datetime) -> None:
        """Claim no backfill before then."""
        ...

    async def park(self, until: datetime, because: str) -> None:
        """Put the whole lane aside until then and let go of it."""
        ...
