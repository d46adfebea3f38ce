"""The line between Crossbook and one simulated system, on which a test listens, acts and makes trouble."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import httpx
from starlette.applications import Starlette

from app.connectors.memory import Method
from app.engine.actions import Request, Verb
from app.engine.ports import Clock
from app.errors import Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.simulator.faults import Fault, Faults
from tests.support.vendor import Happening, When

ATTEMPTS = 3
"""How often a connector tries what costs nothing to repeat."""


class Kind(NamedTuple):
    """What a request is to us."""

    method: Method
    verb: Verb | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One call, as it went by."""

    at: datetime
    method: Method
    verb: Verb | None = None
    request: Request | None = None
    tenant: str = ""
    """The Xero organisation that was called."""


class _Trouble(NamedTuple):
    method: Method
    error: VendorError
    carried_out: bool


class Line(httpx.AsyncBaseTransport):
    """Carries requests to `app`, which goes on working when a caller has lost patience.

    `kind` tells what a request is; of those it knows nothing of, such as signing in, the line knows nothing either.
    """

    def __init__(
        self, app: Starlette, clock: Clock, faults: Faults, kind: Callable[[httpx.Request], Kind | None]
    ) -> None:
        self.calls: list[Heard] = []
        self._vendor = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._clock = clock
        self._faults = faults
        self._kind = kind
        self._troubles: list[_Trouble] = []
        self._happenings: dict[tuple[Method, When], list[Happening]] = defaultdict(list)
        self._working: set[asyncio.Task[httpx.Response]] = set()

    def trouble(self, error: VendorError, method: Method, *, carried_out: bool) -> None:
        """See `Vendor.fail_next`. What a connector tries again goes wrong each time."""
        times = 1
        if isinstance(error, SignInNeeded):
            times = 2
        elif isinstance(error, Unreachable) and method != "send":
            times = ATTEMPTS
        self._troubles += [_Trouble(method, error, carried_out)] * times

    def interrupt(self, method: Method, when: When, happening: Happening) -> None:
        """See `Vendor.interrupt`."""
        self._happenings[method, when].append(happening)

    def calm_down(self) -> None:
        """See `Vendor.calm_down`."""
        self._troubles.clear()
        self._happenings.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        kind = self._kind(request)
        if kind is None:
            return await self._carried(request)
        self.calls.append(self._heard(request, kind))
        await self._happen(kind.method, "before")
        response = await self._troubled(request, kind.method)
        await self._happen(kind.method, "after")
        return response

    async def _troubled(self, request: httpx.Request, method: Method) -> httpx.Response:
        trouble = next((trouble for trouble in self._troubles if trouble.method == method), None)
        if trouble is None:
            return await self._carried(request)
        self._troubles.remove(trouble)
        match trouble.error:
            case SignInNeeded():
                return httpx.Response(401, json=[{"errorCode": "INVALID_SESSION_ID", "message": "signed out"}])
            case Unreachable():
                self._faults.order(Fault.UNAVAILABLE, method=request.method)
                return await self._carried(request)
            case OutOfQuota():
                self._faults.order(Fault.TOO_MANY, method=request.method)
                return await self._carried(request)
        if trouble.carried_out:
            await self._carried(request)
        raise httpx.ReadError(str(trouble.error)) if isinstance(trouble.error, Doubtful) else trouble.error

    async def _carried(self, request: httpx.Request) -> httpx.Response:
        """The vendor's answer. A caller that gives up does not stop the vendor."""
        task = asyncio.create_task(self._vendor.handle_async_request(request))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    def _heard(self, request: httpx.Request, kind: Kind) -> Heard:
        tenant = request.headers.get("xero-tenant-id", "")
        return Heard(self._clock.now(), kind.method, kind.verb, _written(request) if kind.verb else None, tenant)

    async def _happen(self, method: Method, when: When) -> None:
        if self._happenings[method, when]:
            await self._happenings[method, when].pop(0)()


class Lines(httpx.AsyncBaseTransport):
    """All lines of a world, by the port that each system listens on."""

    def __init__(self) -> None:
        self.by_port: dict[int | None, httpx.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.port not in self.by_port:
            raise httpx.ConnectError("nobody listens there", request=request)
        return await self.by_port[request.url.port].handle_async_request(request)


def _written(request: httpx.Request) -> Request:
    target = request.url.raw_path.decode()
    return Request(request.method, target, request.content.decode(), request.headers.get("idempotency-key", ""))
