"""A vendor in memory during whose calls something else happens."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from app.connectors.memory import MemoryVendor, Method
from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import Clock, Page
from app.engine.records import Observation, System
from tests.support.vendor import Happening, When


class InterruptedVendor(MemoryVendor):
    """Lets a test act between the moment a call leaves and the moment its answer arrives.

    `before` means before the vendor sees the call, `after` means once it has been carried out; in a scan, after a page.
    """

    def __init__(self, system: System, clock: Clock) -> None:
        super().__init__(system, clock)
        self._happenings: dict[tuple[Method, When], list[Happening]] = defaultdict(list)

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        """Let `happening` take place during the next call of `method`."""
        self._happenings[method, when].append(happening)

    def calm_down(self) -> None:
        """Forget all faults and interruptions that have not happened yet."""
        self._happenings.clear()
        self._faults.clear()
        self._declines.clear()

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        await self._happen("read", "before")
        seen = await super().read(object, ids, fields, priority)
        await self._happen("read", "after")
        return seen

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        async for page in super().changed(object, since, fields, priority, ours_since=ours_since):
            yield page
            await self._happen("changed", "after")

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        await self._happen("send", "before")
        answers = await super().send(request, verb, object, elements, priority)
        await self._happen("send", "after")
        return answers

    async def _happen(self, method: Method, when: When) -> None:
        if self._happenings[method, when]:
            await self._happenings[method, when].pop(0)()


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Let others work until `condition` holds; raises `TimeoutError` when it never does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - others tell what they do only by what they have done
            await asyncio.sleep(0.005)
