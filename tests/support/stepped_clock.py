"""A clock whose sleepers wake only when a test lets time pass."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

_TURNS = 200
"""Turns of the event loop after which in-process work has come to rest."""


class SteppedClock:
    """Fulfils `app.engine.ports.Clock`. `advance` wakes the sleepers one after the other, each at its own time."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._order = count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and all that happens in them."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._now = end


async def settle() -> None:
    """Let everything run that needs no time."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
