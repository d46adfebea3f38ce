"""A connection whose every call is told as a span: the system, what is asked, of how many, and how it ended."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import httpx

from app.engine.actions import Answer, Declined, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import About, Connector, Page
from app.engine.records import Observation
from app.engine.wrapping import Wrapping
from app.mapping.description import Description
from app.mapping.model import Part
from app.tracing import Kind, Span, Tracer


def traced(connector: Connector, tracer: Tracer) -> Connector:
    """`connector`, its calls told of if anybody listens."""
    return TracedConnector(connector, tracer) if tracer.listens else connector


class TracedConnector(Wrapping):
    """Fulfils `Connector` by another one."""

    def __init__(self, connector: Connector, tracer: Tracer) -> None:
        super().__init__(connector)
        self._tracer = tracer

    def _told(self, operation: str, object: str, records: int, priority: Priority) -> AbstractContextManager[Span]:
        facts = {
            "crossbook.system": self.system.value,
            "crossbook.operation": operation,
            "crossbook.object": object,
            "crossbook.records": records,
            "crossbook.priority": priority.name.lower(),
        }
        return self._tracer.span(f"{self.system} {operation} {object}".strip(), facts, kind=Kind.CLIENT)

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        with self._told("read", object, len(ids), priority):
            return await self._connector.read(object, ids, fields, priority)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        with self._told("find", object, len(keys), priority):
            return await self._connector.find(object, key_field, keys, fields, priority)

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        """A span a page: what is done with a page between two is no part of the call."""
        pages = aiter(self._connector.changed(object, since, fields, priority, ours_since=ours_since))
        while page := await self._page(pages, object, priority):
            yield page

    async def _page(self, pages: AsyncIterator[Page], object: str, priority: Priority) -> Page | None:
        with self._told("changed", object, 0, priority) as span:
            page = await anext(pages, None)
            span.note({"crossbook.records": len(page.observations) if page else 0})
            return page

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        with self._told("merged_into", object, len(survivors), priority):
            return await self._connector.merged_into(object, survivors, fields, priority)

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        with self._told("parts_of", part.object, len(parents), priority):
            return await self._connector.parts_of(part, parents, priority)

    async def describe(self, object: str, priority: Priority) -> Description | None:
        with self._told("describe", object, 0, priority):
            return await self._connector.describe(object, priority)

    async def about(self, priority: Priority) -> About:
        with self._told("about", "", 0, priority):
            return await self._connector.about(priority)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        with self._told(verb.value, object, len(elements), priority) as span:
            answers = await self._connector.send(request, verb, object, elements, priority)
            span.note({"crossbook.declined": sum(isinstance(each, Declined) for each in answers)})
            return answers


class TracedTransport(httpx.AsyncBaseTransport):
    """Tells of every exchange over HTTP by its method, its host and its status: an address may hold a value."""

    def __init__(self, transport: httpx.AsyncBaseTransport, tracer: Tracer) -> None:
        self._transport = transport
        self._tracer = tracer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        facts = {"http.request.method": request.method, "server.address": request.url.host}
        with self._tracer.span(request.method, facts, kind=Kind.CLIENT) as span:
            response = await self._transport.handle_async_request(request)
            span.note({"http.response.status_code": response.status_code})
            return response

    async def aclose(self) -> None:
        await self._transport.aclose()
