"""A vendor that plays a script, and what the connectors need to talk to it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx

from app.connectors import wire
from app.connectors.hosts import allow
from app.connectors.http import Api
from app.connectors.tokens import Access
from app.engine.ports import Clock
from app.mapping.values import Json

ROOT = "https://api.example"

Line = httpx.Response | httpx.RequestError


class Script(httpx.AsyncBaseTransport):
    """Answers each request by the next line; remembers the requests."""

    def __init__(self, *lines: Line) -> None:
        self.requests: list[httpx.Request] = []
        self._lines = list(lines)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        line = self._lines.pop(0)
        if isinstance(line, httpx.RequestError):
            raise line
        return line

    @property
    def left(self) -> int:
        """How many lines were never asked for."""
        return len(self._lines)

    @property
    def targets(self) -> list[str]:
        """Path and query of every request."""
        return [request.url.raw_path.decode() for request in self.requests]


@dataclass
class FixedAccess:
    """An access source that counts its renewals: access-0, access-1, …"""

    url: str = ROOT
    renewals: int = 0
    refused: list[str] = field(default_factory=list[str])

    async def current(self, until: float) -> Access:
        return Access(f"access-{self.renewals}", self.url)

    async def renewed(self, refused: Access, until: float) -> Access:
        self.refused.append(refused.token)
        self.renewals += 1
        return await self.current(until)

    async def newer(self, refused: Access) -> Access | None:
        return None


def answer(status: int, body: Json = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(status, content=wire.dumps(body).encode(), headers=headers)


def plain(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer that is not JSON."""
    return httpx.Response(status, content=text.encode(), headers=headers)


def api(script: Script, clock: Clock, *, answer_bytes: int = 100_000) -> Api:
    """The door to the scripted vendor."""
    client = httpx.AsyncClient(transport=script)
    return Api(client, allow(ROOT), clock, answer_bytes=answer_bytes)


def soon() -> float:
    """A time limit that no test reaches."""
    return asyncio.get_running_loop().time() + 10


class Chunks(httpx.AsyncByteStream):
    """A body that arrives in pieces and may break off."""

    def __init__(self, chunks: Iterable[bytes], broken: httpx.RequestError | None = None) -> None:
        self._chunks = chunks
        self._broken = broken
        self.closed = False

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # httpx declares it without async
        for chunk in self._chunks:
            yield chunk
        if self._broken:
            raise self._broken

    async def aclose(self) -> None:
        self.closed = True
