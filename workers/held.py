"""A lease that is being held: renewed in the background, and asked before every call whether it outlives it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ledger import Lease
from app.engine.ports import About, Connector, Page
from app.engine.records import Observation
from app.engine.wrapping import Wrapping
from app.errors import LeaseLost, StoreUnavailable
from app.mapping.description import Description
from app.mapping.model import Part


class Renew(Protocol):
    """Prolongs a lease in the database; None when it is lost."""

    async def __call__(self, lease: Lease) -> Lease | None: ...


class HeldLease:
    """Our knowledge of how long the lease lasts, by the event loop's clock, counted from before it was granted."""

    def __init__(self, lease: Lease, seconds: float, granted_from: float) -> None:
        self.lease = lease
        self._seconds = seconds
        self._until = granted_from + seconds

    def require(self, seconds: float) -> None:
        """Raise `LeaseLost` unless the lease surely lasts for `seconds` more."""
        if asyncio.get_running_loop().time() + seconds > self._until:
            raise LeaseLost(f"the lease of {self.lease.lane} does not outlive a call of {seconds:g} s")

    @asynccontextmanager
    async def kept(self, renew: Renew) -> AsyncIterator[None]:
        """Renew at a third of the lease's life while the block runs."""
        keeper = asyncio.create_task(self._keep(renew), name=f"keep {self.lease.lane}")
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep(self, renew: Renew) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._seconds / 3)
            asked_at = loop.time()
            try:
                renewed = await renew(self.lease)
            except StoreUnavailable:
                continue
            if renewed is None:
                self._until = asked_at
                return
            self._until = asked_at + self._seconds


class LeasedConnector(Wrapping):
    """A connector whose every call starts only if the lease outlives it."""

    def __init__(self, connector: Connector, held: HeldLease, call_seconds: float) -> None:
        super().__init__(connector)
        self._held = held
        self._call_seconds = call_seconds

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._held.require(self._call_seconds)
        return await self._connector.read(object, ids, fields, priority)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._held.require(self._call_seconds)
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
        self._held.require(self._call_seconds)
        async for page in self._connector.changed(object, since, fields, priority, ours_since=ours_since):
            yield page
            self._held.require(self._call_seconds)

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._held.require(self._call_seconds)
        return await self._connector.merged_into(object, survivors, fields, priority)

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        self._held.require(self._call_seconds)
        return await self._connector.parts_of(part, parents, priority)

    async def describe(self, object: str, priority: Priority) -> Description | None:
        self._held.require(self._call_seconds)
        return await self._connector.describe(object, priority)

    async def about(self, priority: Priority) -> About:
        self._held.require(self._call_seconds)
        return await self._connector.about(priority)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        self._held.require(self._call_seconds)
        return await self._connector.send(request, verb, object, elements, priority)
