"""Whether the web process is there, and whether an event that came now would be kept."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.addresses import LIVENESS, READINESS
from app.errors import StoreUnavailable

PROBE_SECONDS = 2.0
"""How long the database may take to keep something before it counts as not to be had."""
SHARED_SECONDS = 1.0
"""For so long the answer to one question is that to all: whoever asks often costs no more."""


@dataclass(slots=True)
class Readiness:
    """Asks the way in to keep something, as it would an event. `probe` returns once that is on disk."""

    probe: Callable[[], Awaitable[object]]
    _asked_at: float = field(default=float("-inf"), init=False)
    _answer: asyncio.Task[bool] | None = field(default=None, init=False)

    async def is_ready(self) -> bool:
        """Whether an event would be kept now, or could have been a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._answer is None or now >= self._asked_at + SHARED_SECONDS:
            self._asked_at, self._answer = now, asyncio.create_task(self._probed())
        return await asyncio.shield(self._answer)

    async def _probed(self) -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self.probe()
        except (StoreUnavailable, TimeoutError):
            return False
        return True


def routes(readiness: Readiness) -> list[Route]:
    """The routes that supervisors and proxies ask. They tell a stranger nothing but yes or no."""

    async def live(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> Response:
        is_ready = await readiness.is_ready()
        return JSONResponse({"ready": is_ready}, status_code=200 if is_ready else 503)

    return [Route(LIVENESS, live), Route(READINESS, ready)]
