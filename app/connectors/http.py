"""One exchange with a vendor over HTTP: bounded in time and size, to known hosts only, and honest about failure."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ParamSpec

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential

from app.connectors import wire
from app.engine.ports import Clock
from app.errors import CallRefused, Doubtful, Unreachable, VendorError
from app.mapping.values import Json

P = ParamSpec("P")

_CONNECT_SECONDS = 5.0
_ATTEMPTS = 3
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent. `target` is path and query, percent-encoded; `writes` tells that repeating is not free."""

    method: str
    target: str
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return httpx.codes.is_success(self.status)

    @property
    def json(self) -> Json:
        """The body as JSON, None when it is something else: HTML, plain text, nothing, or cut."""
        try:
            return wire.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def text(self) -> str:
        """The beginning of the body, fit for one line."""
        return " ".join(self.body[:300].decode(errors="replace").split())


class Api:
    """Sends to the hosts that `allowed` admits; `client` brings the transport."""

    def __init__(
        self, client: httpx.AsyncClient, allowed: Callable[[str], bool], clock: Clock, *, answer_bytes: int = 32_000_000
    ) -> None:
        self._client = client
        self._allowed = allowed
        self._clock = clock
        self._answer_bytes = answer_bytes

    async def exchange(self, root: str, out: Outgoing, headers: Mapping[str, str], until: float) -> Reply:
        """Send `out` below `root` and read the whole answer, by the event loop's time `until` at the latest.

        `Unreachable` when nothing was sent, or when a read brought no answer; `Doubtful` when a write may have
        arrived. A write tries again while no connection can be made; of a read, the whole call may be repeated.
        """
        request = self._client.build_request(
            out.method,
            self._address(root, out.target),
            content=out.body.encode() if out.body else None,
            headers={"Accept": "application/json", **out.headers, **headers},
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS, pool=_CONNECT_SECONDS),
        )
        try:
            async with asyncio.timeout_at(until):
                if out.writes:
                    return await retried(self._clock, self._connected, request)
                return await self._connected(request)
        except TimeoutError as error:
            raise lost(out, "no answer in time") from error
        except httpx.RequestError as error:
            raise lost(out, f"the connection broke ({type(error).__name__})") from error

    def _address(self, root: str, target: str) -> str:
        if not self._allowed(root) or not target.startswith("/") or target.startswith("//"):
            raise CallRefused("the address is not one that calls may go to", code="address")
        return root.rstrip("/") + target

    async def _connected(self, request: httpx.Request) -> Reply:
        try:
            response = await self._client.send(request, stream=True, follow_redirects=False)
        except _UNSENT as error:
            raise Unreachable(f"no connection ({type(error).__name__})") from error
        try:
            return Reply(response.status_code, response.headers, await self._body(response))
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._answer_bytes:
                raise httpx.ReadError("the answer is too large", request=response.request)
        return bytes(body)


async def retried(
    clock: Clock, attempt: Callable[P, Coroutine[None, None, Reply]], *args: P.args, **kwargs: P.kwargs
) -> Reply:
    """What `attempt` brings, tried a few times while it raises `Unreachable`."""
    retrying = AsyncRetrying(
        retry=retry_if_exception(_passes_soon),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.2, max=2),
        sleep=clock.sleep,
        reraise=True,
    )
    return await retrying(attempt, *args, **kwargs)


def _passes_soon(error: BaseException) -> bool:
    return isinstance(error, Unreachable) and error.until is None


def lost(out: Outgoing, reason: str, request_id: str | None = None) -> VendorError:
    """What a missing answer means: for a write that it may have been carried out, for a read nothing but delay."""
    return (Doubtful if out.writes else Unreachable)(reason, request_id=request_id)


def failed(out: Outgoing, reason: str, request_id: str | None = None) -> VendorError:
    """What the vendor's own failure means: as a missing answer, but a write would be answered so again."""
    return Doubtful(reason, answered=True, request_id=request_id) if out.writes else lost(out, reason, request_id)


def http_date(text: str | None) -> datetime | None:
    """The instant of a Date header; None when there is none to read."""
    try:
        parsed = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or UTC) if parsed else None
