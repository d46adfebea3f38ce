"""One Salesforce org as the engine sees it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from app.connectors.calls import Calls
from app.connectors.http import Outgoing, Reply, http_date
from app.connectors.quota import Quota
from app.connectors.salesforce import reading, writing
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.salesforce.resources import resource_named
from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import Clock, Page
from app.engine.records import Observation
from app.errors import CallRefused
from app.mapping.description import Description
from app.mapping.model import Part
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Json, System

_READ_SIZE = 200
_OVERLAP = timedelta(minutes=15)
"""A long transaction shows its rows that much later than they are stamped."""
_DELETIONS_KEPT = timedelta(days=15)


class SalesforceConnector:
    """Fulfils `Connector` for Salesforce, at one version of its REST API."""

    def __init__(
        self, calls: Calls, dialect: SalesforceDialect, quota: Quota, clock: Clock, *, api_version: str
    ) -> None:
        self._calls = calls
        self._dialect = dialect
        self._quota = quota
        self._clock = clock
        self._root = f"/services/data/v{api_version}"

    @property
    def system(self) -> System:
        return System.SALESFORCE

    @property
    def user(self) -> str | None:
        return self._dialect.user

    @property
    def overlap(self) -> timedelta:
        return _OVERLAP

    @property
    def deletions_kept(self) -> timedelta | None:
        return _DELETIONS_KEPT

    @property
    def read_size(self) -> int:
        return _READ_SIZE

    def write_size(self, verb: Verb) -> int:
        return writing.WRITE_SIZE

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        return self._quota.reserve(calls, priority)

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        resource = resource_named(object)
        askable = [to_18(each) for each in ids if is_id(each)]
        rows = list[Mapping[str, Json]]()
        for query in reading.by_keys(resource, "Id", askable, fields, self._root):
            rows += await self._rows(query, priority)
        return reading.observed(resource, ids, rows, fields)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        resource = resource_named(object)
        found = list[Observation]()
        for query in reading.by_keys(resource, key_field, [key for key in keys if key], fields, self._root):
            found += [reading.observation(resource, row, fields) for row in await self._rows(query, priority)]
        return found

    async def changed(
        self, object: str, since: datetime | None, fields: frozenset[str], priority: Priority
    ) -> AsyncIterator[Page]:
        """See the port. Salesforce tells its time only in the Date header; without one, ours must do."""
        resource = resource_named(object)
        after: reading.Position | None = None
        vendor_now: datetime | None = None
        last = False
        while not last:
            query = reading.by_change(resource, since, after, fields, self._root)
            reply = await self._calls.call(query, priority)
            vendor_now = vendor_now or http_date(reply.headers.get("date")) or self._clock.now()
            seen = [reading.observation(resource, row, fields) for row in await self._all_rows(reply, priority)]
            after = reading.position(seen)
            last = len(seen) < reading.PAGE_SIZE
            if not last and after is None:
                raise CallRefused("the object has no stamps to page by", code="no_stamp")
            yield Page(seen, vendor_now, last)

    async def _rows(self, query: Outgoing, priority: Priority) -> list[Mapping[str, Json]]:
        return await self._all_rows(await self._calls.call(query, priority), priority)

    async def _all_rows(self, reply: Reply, priority: Priority) -> list[Mapping[str, Json]]:
        rows = reading.rows(reply)
        while more := reading.next_page(reply, self._root):
            reply = await self._calls.call(more, priority)
            rows += reading.rows(reply)
        return rows

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        if part.system is not self.system:
            return dict.fromkeys(parents, ())
        rows = list[Mapping[str, Json]]()
        for query in reading.by_parents(part, parents, self._root):
            rows += await self._rows(query, priority)
        return reading.by_parent(part, parents, rows)

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
        return writing.request(resource_named(object), verb, elements, idempotency_key, self._root)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        reply = await self._calls.call(writing.outgoing(request), priority)
        return writing.answers(elements, reply)
