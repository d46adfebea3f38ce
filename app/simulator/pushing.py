"""The line along which a simulated system pushes: it can be paused, lose pushes, and is logged."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import httpx

from app.engine.ports import Clock
from app.simulator.journal import Journal, Push

Spawn = Callable[[Coroutine[object, object, None]], object]
"""Starts a task in the background and keeps it alive."""

GATHER_SECONDS = 0.02
"""How long a push waits for company."""


class Tasks:
    """The background tasks of one event loop; call it to start one."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class PushLine:
    """One address that pushes go to."""

    def __init__(
        self, name: str, url: str, *, client: httpx.AsyncClient, clock: Clock, spawn: Spawn, journal: Journal
    ) -> None:
        self.name = name
        self.clock = clock
        self.spawn = spawn
        self._url = url
        self._client = client
        self._journal = journal
        self._open = asyncio.Event()
        self._open.set()
        self._to_drop = 0

    def pause(self) -> None:
        """Hold all pushes back until `resume`."""
        self._open.clear()

    def resume(self) -> None:
        """Send what was held back, and what comes."""
        self._open.set()

    def drop_next(self, pushes: int) -> None:
        """Lose the next `pushes` pushes for good: they count as delivered and never arrive."""
        self._to_drop += pushes

    async def opened(self) -> None:
        """Wait until the line is not paused."""
        await self._open.wait()

    def drops(self) -> bool:
        """Whether the push that is about to go is one to lose; logs it when it is."""
        if not self._to_drop:
            return False
        self._to_drop -= 1
        self._journal.pushes.append(Push(self.clock.now(), self.name, None, dropped=True))
        return True

    async def post(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> httpx.Response | None:
        """The receiver's answer, or None when none came in time."""
        try:
            answer = await self._client.post(self._url, content=body, headers=headers, timeout=timeout_seconds)
        except httpx.HTTPError:
            answer = None
        self._journal.pushes.append(Push(self.clock.now(), self.name, answer.status_code if answer else None))
        return answer
