"""What the heart needs from the outside world, as protocols that the adapters fulfil."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import Observation
from app.mapping.values import System


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
    """One page of a delta scan. `vendor_now` is the vendor's clock when it answered; `last` marks the final page."""

    observations: Sequence[Observation]
    vendor_now: datetime
    last: bool


class Connector(Protocol):
    """One connection to one system, bulk first.

    Every method raises a `VendorError`: `OutOfQuota` (come back at a time), `SignInNeeded`, `Unreachable`,
    `CallRefused`, or, from `send` only, `Doubtful`. An expired access token is renewed once inside the call.
    """

    @property
    def system(self) -> System: ...

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
        self, object: str, since: datetime | None, fields: frozenset[str], priority: Priority
    ) -> AsyncIterator[Page]:
        """All records that changed at or after `since` (all records at all when None), oldest change first, with the
        deleted and archived ones. `since` is by the vendor's clock; the caller subtracts its overlap.
        """
        ...

    def prepare(self, verb: Verb, object: str, elements: Sequence[Element], idempotency_key: str) -> Request:
        """The frozen request for up to `write_size(verb)` elements. Pure."""
        ...

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        """Send `request` and return one answer per element, in their order.

        `Doubtful` means the request may have been carried out; any `NotDone` means it was not.
        """
        ...
