"""What the heart needs from the outside world, as protocols that the adapters fulfil."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import Observation
from app.mapping.description import Description
from app.mapping.model import Part
from app.mapping.values import System


class Steps(Protocol):
    """Whoever wants to know how long each step of a batch takes."""

    def __call__(self, name: str, /) -> AbstractContextManager[object]:
        """The step is the block."""
        ...


def untold(_name: str, /) -> AbstractContextManager[object]:
    """Nobody wants to know."""
    return nullcontext()


class Clock(Protocol):
    """The time of day. Passed in, so that a test can turn it."""

    def now(self) -> datetime:
        """The present instant, UTC and aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` go by."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a delta scan. `vendor_now` is the vendor's clock when it answered; `last` marks the final page.

    The last `out_of_order` observations were not found in the order of change, such as what a feed of deletions lists.
    """

    observations: Sequence[Observation]
    vendor_now: datetime
    last: bool
    out_of_order: int = 0


@dataclass(frozen=True, slots=True)
class About:
    """What an organisation says of itself; texts are blank where it shows nothing.

    `plan` is what its owner has bought, `is_for_trying` tells a sandbox or demo company, `calls_left` the day's calls.
    """

    name: str = ""
    plan: str = ""
    is_for_trying: bool = False
    calls_left: int | None = None


class Connector(Protocol):
    """One connection to one system, bulk first.

    Every method raises a `VendorError`: `OutOfQuota` (come back at a time), `SignInNeeded`, `Unreachable`,
    `CallRefused`, or, from `send` only, `Doubtful`. An expired access token is renewed once inside the call.
    """

    @property
    def system(self) -> System: ...

    @property
    def user(self) -> str | None:
        """The user whom the system names as the writer of what we write; None where it names nobody, or not yet."""
        ...

    @property
    def overlap(self) -> timedelta:
        """How far a scan by time reaches back before its position: the system shows some changes that late."""
        ...

    @property
    def deletions_kept(self) -> timedelta | None:
        """How long the system can still say what was deleted; None where nothing vanishes without a trace."""
        ...

    @property
    def read_size(self) -> int:
        """How many ids one read call takes."""
        ...

    def write_size(self, verb: Verb) -> int:
        """How many elements one write call takes."""
        ...

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """The records as they are now, one observation for every id, in the order of `ids`.

        Deleted records are found with their evidence; one that the vendor merely does not return is `INVISIBLE`.
        """
        ...

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """The records whose `key_field` is one of `keys`, archived ones too. May be none, may be several a key."""
        ...

    def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        """All records that changed at or after `since` (all records at all when None), oldest change first, with the
        deleted and archived ones. `since` is by the vendor's clock; the caller subtracts its overlap.

        What our own `user` wrote last is left out up to `ours_since`, where the system can tell: we know it, and after
        a first merge it would be most of what an overlap shows again.
        """
        ...

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """The records that were merged into one of `survivors`; none where the system cannot be asked for them."""
        ...

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        """The live records of `part` by the id of their parent, oldest first; every one of `parents` has an entry.

        Each holds the fields of `part`.
        """
        ...

    async def describe(self, object: str, priority: Priority) -> Description | None:
        """What the system says of an object; None where it does not describe itself. Kept for a while."""
        ...

    async def about(self, priority: Priority) -> About:
        """What the organisation says of itself."""
        ...

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        """Permits for so many calls of the block, taken together, so that no look is paid for without its write.

        Raises `OutOfQuota`, having taken none, when not all are to be had.
        """
        ...

    def prepare(
        self,
        verb: Verb,
        object: str,
        elements: Sequence[Element],
        idempotency_key: str,
        shown: frozenset[str] = frozenset(),
    ) -> Request:
        """The frozen request for up to `write_size(verb)` elements. Pure.

        `shown` are all the fields that are known of such a record: an answer that cannot show them shows none.
        """
        ...

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        """Send `request` and return one answer per element, in their order.

        `Doubtful` means the request may have been carried out; any `NotDone` means it was not.
        """
        ...
