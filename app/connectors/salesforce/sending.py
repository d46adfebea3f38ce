"""Sends writes, with what shows their result where the org lets us."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.connectors.calls import Calls
from app.connectors.http import Reply
from app.connectors.salesforce import readback, writing
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.salesforce.resources import Resource
from app.engine.actions import Answer, Element, Request
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused, Doubtful

_PLAIN_FOR = timedelta(hours=1)
"""How long writes go alone after the org has refused to show their result."""


class Sending:
    """The way out to one org."""

    def __init__(self, calls: Calls, dialect: SalesforceDialect, clock: Clock) -> None:
        self._calls = calls
        self._dialect = dialect
        self._clock = clock
        self._plain_until: datetime | None = None

    async def send(
        self, request: Request, resource: Resource, elements: Sequence[Element], priority: Priority
    ) -> list[Answer]:
        """One answer for each element. A refusal of the queries that go with a write costs the write nothing."""
        if not readback.is_wrapped(request):
            return await self._alone(request, elements, priority)
        if self._plain_until and self._clock.now() < self._plain_until:
            return await self._alone(readback.unwrapped(request), elements, priority)
        try:
            reply = await self._calls.call(writing.outgoing(request), priority)
        except CallRefused:
            self._plain_until = self._clock.now() + _PLAIN_FOR
            return await self._alone(readback.unwrapped(request), elements, priority)
        return self._together(request, reply, resource, elements)

    async def _alone(self, request: Request, elements: Sequence[Element], priority: Priority) -> list[Answer]:
        return writing.answers(elements, await self._calls.call(writing.outgoing(request), priority))

    def _together(
        self, request: Request, reply: Reply, resource: Resource, elements: Sequence[Element]
    ) -> list[Answer]:
        write, rows = readback.parts(reply)
        if write is None:
            raise Doubtful("the answer does not tell of the write", answered=True)
        if failure := self._dialect.failure(write, writing.outgoing(request)):
            raise failure
        return readback.with_seen(writing.answers(elements, write), resource, rows, self._dialect.user)
