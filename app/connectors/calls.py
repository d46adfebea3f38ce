"""A signed-in call: permit, access, one renewal when access was refused, retries where they are free."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from app.connectors.http import Api, Outgoing, Reply, retried
from app.connectors.tokens import Access, AccessSource
from app.connectors.usage import Meter, Used
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import SignInNeeded, VendorError


@dataclass(slots=True)
class Passage:
    """One exchange on its way through a gate, which learns from the reply."""

    reply: Reply | None = None


class Dialect(Protocol):
    """How one vendor wants to be called, and what its replies mean."""

    def headers(self, access: Access) -> Mapping[str, str]:
        """The headers of every call."""
        ...

    def gate(self, priority: Priority) -> AbstractAsyncContextManager[Passage]:
        """Held around every exchange. Raises `OutOfQuota` instead of letting it pass."""
        ...

    def failure(self, reply: Reply, out: Outgoing) -> VendorError | None:
        """What `reply` means for the call as a whole; None when it is to be read."""
        ...

    async def second_access(self, reply: Reply, access: Access, source: AccessSource, until: float) -> Access | None:
        """Another access with which the call is worth repeating once; None when `reply` stands.

        Raises `SignInNeeded` where it can say better than the reply what a person must do.
        """
        ...

    def used(self, reply: Reply, out: Outgoing) -> Used:
        """What the call used of the vendor."""
        ...


class Calls:
    """Calls to one connection, each at most `limit_seconds` long from end to end; `meter` counts those answered."""

    def __init__(
        self,
        api: Api,
        access: AccessSource,
        dialect: Dialect,
        clock: Clock,
        *,
        limit_seconds: float = 15.0,
        meter: Meter | None = None,
    ) -> None:
        self._api = api
        self._access = access
        self._dialect = dialect
        self._clock = clock
        self._meter = meter
        self._limit_seconds = limit_seconds

    async def call(self, out: Outgoing, priority: Priority) -> Reply:
        """The reply to `out` that is to be read; everything else is raised as a `VendorError`."""
        until = asyncio.get_running_loop().time() + self._limit_seconds
        try:
            reply = await self._replied(out, priority, until)
        except SignInNeeded:
            if self._meter:
                self._meter.refused(self._clock.now())
            raise
        if self._meter:
            self._meter.accepted()
        return reply

    async def _replied(self, out: Outgoing, priority: Priority, until: float) -> Reply:
        if out.writes:
            return await self._answered(out, priority, until)
        return await retried(self._clock, self._answered, out, priority, until)

    async def _answered(self, out: Outgoing, priority: Priority, until: float) -> Reply:
        access = await self._access.current(until)
        reply = await self._exchanged(out, priority, access, until)
        if access_again := await self._dialect.second_access(reply, access, self._access, until):
            reply = await self._exchanged(out, priority, access_again, until)
        if failure := self._dialect.failure(reply, out):
            raise failure
        return reply

    async def _exchanged(self, out: Outgoing, priority: Priority, access: Access, until: float) -> Reply:
        async with self._dialect.gate(priority) as passage:
            passage.reply = await self._api.exchange(access.url, out, self._dialect.headers(access), until)
            if self._meter:
                self._meter.count(self._dialect.used(passage.reply, out), self._clock.now())
            return passage.reply


async def renewed_if_unauthorized(reply: Reply, access: Access, source: AccessSource, until: float) -> Access | None:
    """The second access of a vendor that answers 401 to one that has ended."""
    return await source.renewed(access, until) if reply.status == HTTPStatus.UNAUTHORIZED else None
