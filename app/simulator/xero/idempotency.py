"""Idempotency keys: the stored answer is given again for six minutes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.responses import Response

from app.engine.ports import Clock

RETENTION = timedelta(minutes=6)
LONGEST_KEY = 128


class DifferentRequest(Exception):
    """The key is known with another method, address or body."""


@dataclass(slots=True)
class _Kept:
    request: bytes
    since: datetime
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Response | None = None


class Idempotency:
    """The answers that are kept, by app and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def once(self, app: str, key: str, request: bytes, work: Callable[[], Awaitable[Response]]) -> Response:
        """The answer of `work`, or the one kept for the key. A duplicate waits for the first that still runs.

        `request` is everything that must be the same. Raises DifferentRequest.
        """
        self._forget()
        while kept := self._kept.get((app, key)):
            if kept.request != request:
                raise DifferentRequest
            await kept.finished.wait()
            if kept.answer is not None:
                return kept.answer
        return await self._first((app, key), request, work)

    async def _first(self, name: tuple[str, str], request: bytes, work: Callable[[], Awaitable[Response]]) -> Response:
        kept = self._kept[name] = _Kept(request, self._clock.now())
        try:
            kept.answer = await work()
        finally:
            if kept.answer is None:
                del self._kept[name]
            kept.finished.set()
        return kept.answer

    def _forget(self) -> None:
        oldest = self._clock.now() - RETENTION
        self._kept = {name: kept for name, kept in self._kept.items() if kept.since > oldest or kept.answer is None}
