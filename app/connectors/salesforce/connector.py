"""One Salesforce org as the engine sees it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from app.connectors.calls import Calls
from app.connectors.quota import Quota
from app.connectors.salesforce import about, deletions, readback, reading, writing
from app.connectors.salesforce.descriptions import Descriptions
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.salesforce.resources import resource_named
from app.connectors.salesforce.rows import Rows
from app.connectors.salesforce.sending import Sending
from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import About, Clock, Page
from app.engine.records import Observation
from app.mapping.description import Description
from app.mapping.model import Part
from app.mapping.values import System

_READ_SIZE = 200
_OVERLAP = timedelta(minutes=15)
"""A long transaction shows its rows that much later than they are stamped."""


class SalesforceConnector:
    """Fulfils `Connector` for Salesforce, at one version of its REST API."""

    def __init__(
        self, calls: Calls, dialect: SalesforceDialect, quota: Quota, clock: Clock, *, api_version: str
    ) -> None:
        self._root = f"/services/data/v{api_version}"
        self._calls = calls
        self._dialect = dialect
        self._quota = quota
        self._descriptions = Descriptions(calls, clock, self._root)
        self._rows = Rows(calls, self._descriptions, clock, self._root)
        self._sending = Sending(calls, dialect, clock)

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
        return deletions.KEPT

    @property
    def read_size(self) -> int:
        return _READ_SIZE

    def write_size(self, verb: Verb) -> int:
        return writing.WRITE_SIZE

    async def about(self, priority: Priority) -> About:
        return await about.about(self._calls, self._root, priority)

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        return self._quota.reserve(calls, priority)

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """See the port. What no query shows is looked up in the feed of deletions, which remembers for 15 days."""
        return await self._rows.read(resource_named(object), ids, fields, priority)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        return await self._rows.find(resource_named(object), key_field, keys, fields, priority)

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        """See the port. Records that were purged meanwhile come with the first page, as deleted."""
        ours = reading.Ours(self.user, ours_since) if self.user and ours_since else None
        async for page in self._rows.changed(resource_named(object), since, fields, priority, ours):
            yield page

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """See the port. Outbound messages tell nothing of what a merge deletes."""
        resource = resource_named(object)
        if resource.merged_field is None:
            return []
        return await self._rows.find(resource, resource.merged_field, survivors, fields, priority)

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        if part.system is not self.system:
            return dict.fromkeys(parents, ())
        return await self._rows.parts_of(part, parents, priority)

    async def describe(self, object: str, priority: Priority) -> Description | None:
        return await self._descriptions.of(object, priority)

    def prepare(
        self,
        verb: Verb,
        object: str,
        elements: Sequence[Element],
        idempotency_key: str,
        shown: frozenset[str] = frozenset(),
    ) -> Request:
        resource = resource_named(object)
        write = writing.request(resource, verb, elements, idempotency_key, self._root)
        return readback.wrapped(write, resource, verb, elements, shown, self._root)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        return await self._sending.send(request, resource_named(object), elements, priority)
