"""Receive one push: take the body in, hear what it says, commit it, and only then answer."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog
from starlette.requests import Request
from starlette.responses import Response
from structlog.typing import FilteringBoundLogger

from app.engine.events import Arrival, Kind
from app.errors import Malformed, NotAuthentic, Refused, StoreUnavailable, TooLarge, TooSlow, WrongType
from app.log import told
from app.tracing import Kind as Traced
from app.tracing import trace_id
from app.webhooks.body import read_body
from app.webhooks.door import FrontDoor
from app.webhooks.push import Delivery, Push

_STATUS: Mapping[type[Exception], int] = {
    Malformed: 400,
    NotAuthentic: 401,
    TooSlow: 408,
    TooLarge: 413,
    WrongType: 415,
    StoreUnavailable: 503,
}

CHECK_SECONDS = 1.0
"""How long the answer to a push that says nothing waits for the disk; Xero wants its check answered within five."""

log: FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a request, as its line in the log tells it."""

    status: int = 500
    outcome: str = "failed"
    facts: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@dataclass(frozen=True, slots=True)
class Reception:
    """One webhook route.

    `path` is as declared, never as requested: the request's may hold a secret. `media` is what the media type must
    contain, `read` understands a delivery or raises `Refused`, `success` makes the answer that the vendor expects.
    """

    door: FrontDoor
    path: str
    media: str
    read: Callable[[Delivery], Push]
    success: Callable[[], Response]

    async def answer(self, request: Request) -> Response:
        """The answer to `request`; every refusal has an empty body. Writes one line to the log."""
        loop = asyncio.get_running_loop()
        started, result = loop.time(), Result()
        with self.door.tracer.span(f"POST {self.path}", {"http.route": self.path}, kind=Traced.SERVER) as span:
            try:
                result = await self._receive(request, span.traceparent)
            finally:
                seconds = loop.time() - started
                self.door.count(self.path, result.outcome, seconds)
                _tell(self.path, result, seconds, trace_id(span.traceparent))
                span.note({f"crossbook.{name}": value for name, value in result.facts.items() if name != "reason"})
                span.note({"http.response.status_code": result.status, "crossbook.outcome": result.outcome})
        return self.success() if result.outcome == "accepted" else _refusal(result.status)

    async def _receive(self, request: Request, trace: str | None) -> Result:
        try:
            push = _traced(self.read(await self._delivery(request)), trace)
            await self._accept(push)
        except Refused as refused:
            return Result(_STATUS[type(refused)], "refused", {"reason": str(refused)})
        except StoreUnavailable as error:
            return Result(_STATUS[StoreUnavailable], "unavailable", told(error))
        return Result(200, "accepted", _counts(push))

    async def _accept(self, push: Push) -> None:
        """Commit what was said. A push that says nothing, as a vendor's check does, is good whatever the disk does."""
        heard = Arrival(self.path, push.connection)
        if push.events or push.sequence:
            await self.door.accept(push.events, sequence=push.sequence, arrival=heard)
            return
        with contextlib.suppress(StoreUnavailable, TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await self.door.accept((), sequence=None, arrival=heard)

    async def _delivery(self, request: Request) -> Delivery:
        body = await read_body(
            request,
            media=self.media,
            max_bytes=self.door.max_body_bytes,
            timeout_seconds=self.door.body_timeout_seconds,
        )
        secret = request.path_params.get("secret", "")
        return Delivery(body, self.door.clock.now(), _headers(request), secret)


def _headers(request: Request) -> Mapping[str, bytes]:
    headers: dict[str, bytes] = {}
    for raw_name, value in request.headers.raw:
        name = raw_name.decode("latin-1").lower()
        headers[name] = b", ".join((headers[name], value)) if name in headers else value
    return headers


def _traced(push: Push, trace: str | None) -> Push:
    """What the sender says of a trace of its own is not listened to: a stranger might say it, too."""
    return replace(push, events=tuple(replace(each, trace=trace) for each in push.events)) if trace else push


def _counts(push: Push) -> Mapping[str, str | int]:
    return {
        "connection": push.connection,
        "events": len(push.events),
        "scans": sum(event.kind is Kind.SCAN for event in push.events),
        "unreadable": push.unreadable,
        "gone": push.gone,
        "previous_key": int(push.previous_key),
    }


def _refusal(status: int) -> Response:
    """An empty answer; where a part of the body may still be under way, the connection ends with it."""
    return Response(status_code=status, headers={"connection": "close"} if status in {408, 413, 415} else None)


def _tell(path: str, result: Result, duration_seconds: float, trace: str | None) -> None:
    log.log(
        _level(result),
        "webhook",
        route=path,
        status=result.status,
        outcome=result.outcome,
        duration_seconds=round(duration_seconds, 6),
        **result.facts,
        **({"trace_id": trace} if trace else {}),
    )


def _level(result: Result) -> int:
    if result.outcome == "accepted":
        return logging.WARNING if result.facts["unreadable"] or result.facts["previous_key"] else logging.INFO
    return logging.WARNING if result.outcome == "refused" else logging.ERROR
