"""One Xero organisation as the engine sees it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from itertools import count

from app.connectors.calls import Calls
from app.connectors.portions import portions
from app.connectors.quota import Quota
from app.connectors.xero import about, reading, spelling, writing
from app.connectors.xero.resources import Resource, resource_named
from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import About, Clock, Page
from app.engine.records import Observation
from app.mapping.description import Description
from app.mapping.model import Part
from app.mapping.values import Json, System

_READ_SIZE = 40
_OVERLAP = timedelta(seconds=30)


class XeroConnector:
    """Fulfils `Connector` for Xero."""

    def __init__(self, calls: Calls, quota: Quota, clock: Clock) -> None:
        self._calls = calls
        self._quota = quota
        self._clock = clock

    @property
    def system(self) -> System:
        return System.XERO

    @property
    def user(self) -> str | None:
        return None

    @property
    def overlap(self) -> timedelta:
        return _OVERLAP

    @property
    def deletions_kept(self) -> timedelta | None:
        return None

    @property
    def read_size(self) -> int:
        return _READ_SIZE

    def write_size(self, verb: Verb) -> int:
        return writing.WRITE_SIZE

    async def about(self, priority: Priority) -> About:
        return await about.about(self._calls, priority)

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        """Permits for a look and the write it is for, taken together. Raises `OutOfQuota` when not all are there."""
        return self._quota.reserve(calls, priority)

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        resource = resource_named(object)
        seen = list[Observation]()
        for start in range(0, len(ids), _READ_SIZE):
            some = ids[start : start + _READ_SIZE]
            reply = await self._calls.call(reading.by_ids(resource, some), priority)
            seen += reading.observed(resource, some, reading.elements(resource, reply, 1).rows, fields)
        return seen

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        resource = resource_named(object)
        wanted = [key for key in keys if key]
        found = dict[str, Observation]()
        for lookup in reading.lookups(resource, key_field, wanted):
            async for row in self._found(resource, lookup, priority):
                if any(spelling.matches(row.get(key_field), key) for key in wanted):
                    seen = reading.observation(resource, row, fields)
                    found[seen.ref.id] = seen
        return list(found.values())

    async def _found(self, resource: Resource, lookup: str, priority: Priority) -> AsyncIterator[Mapping[str, Json]]:
        for number in count(1):
            reply = await self._calls.call(reading.by_lookup(resource, lookup, number), priority)
            page = reading.elements(resource, reply, number)
            for row in page.rows:
                yield row
            if page.last:
                return

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        """See the port. Every page carries the clock of the first: rows that change during the scan come again."""
        resource = resource_named(object)
        scan, vendor_now, last = reading.Scan(since), None, False
        while not last:
            reply = await self._calls.call(reading.by_change(resource, scan), priority)
            page = reading.elements(resource, reply, scan.page)
            vendor_now = vendor_now or page.vendor_now or self._clock.now()
            seen, last = list[Observation](), page.last
            for portion in portions(page.rows):
                some = [reading.observation(resource, row, fields) for row in portion.rows]
                yield Page(some, vendor_now, last and portion.last)
                seen += some
            scan = scan if last else scan.after(seen)

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """See the port: `MergedToContactID` is no field that Xero filters by."""
        return ()

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        return dict.fromkeys(parents, ())

    async def describe(self, object: str, priority: Priority) -> Description | None:
        return None

    def prepare(
        self,
        verb: Verb,
        object: str,
        elements: Sequence[Element],
        idempotency_key: str,
        shown: frozenset[str] = frozenset(),
    ) -> Request:
        return writing.request(resource_named(object), verb, elements, idempotency_key)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        reply = await self._calls.call(writing.outgoing(request), priority)
        return writing.answers(resource_named(object), elements, reply)
