"""How Xero wants to be called, and what its replies mean."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from app.connectors import wire
from app.connectors.calls import Passage
from app.connectors.http import Outgoing, Reply, lost
from app.connectors.quota import Flight, Limit, Quota
from app.connectors.tokens import Access
from app.connectors.usage import Used
from app.connectors.xero.errors import VALIDATION, meaning
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json

_PARK_SECONDS = {Limit.MINUTE: 60.0, Limit.DAY: 3600.0, Limit.CONCURRENT: 1.0, Limit.APP_MINUTE: 60.0}
_LONGEST_PARK_SECONDS = {Limit.MINUTE: 120.0, Limit.DAY: 90_000.0}


class XeroDialect:
    """One organisation. `tenant_id` is empty for a custom connection, which knows its only one."""

    def __init__(self, tenant_id: str, quota: Quota, clock: Clock) -> None:
        self._tenant_id = tenant_id
        self._quota = quota
        self._clock = clock

    def headers(self, access: Access) -> Mapping[str, str]:
        tenant = {"Xero-Tenant-Id": self._tenant_id} if self._tenant_id else {}
        return {"Authorization": f"Bearer {access.token}", **tenant}

    @asynccontextmanager
    async def gate(self, priority: Priority) -> AsyncIterator[Passage]:
        async with self._quota.flight(priority) as flight:
            passage = Passage()
            yield passage
            if passage.reply:
                _note(flight, passage.reply)

    def failure(self, reply: Reply, out: Outgoing) -> VendorError | None:
        request_id = reply.headers.get("xero-correlation-id")
        if reply.ok or reply.status == HTTPStatus.NOT_MODIFIED:
            return _unreadable(reply, out, request_id)
        match reply.status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return SignInNeeded(f"Xero refuses the sign-in ({reply.status})", request_id=request_id)
            case HTTPStatus.TOO_MANY_REQUESTS:
                until = self._clock.now() + timedelta(seconds=park_seconds(reply))
                return OutOfQuota(f"Xero's {broken(reply)} limit is reached", until=until, request_id=request_id)
            case HTTPStatus.SERVICE_UNAVAILABLE:
                return Unreachable("Xero or the organisation is offline", request_id=request_id)
            case HTTPStatus.BAD_REQUEST if out.writes and _elements(reply):
                return None
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and reply.status != HTTPStatus.NOT_IMPLEMENTED:
            return lost(out, f"Xero failed ({reply.status})", request_id)
        return _refused(reply, request_id)

    def used(self, reply: Reply, out: Outgoing) -> Used:
        """What Xero bills by: the bytes that a GET brings, except the organisation's own; sent bytes are free.

        Counted are bytes after decompression. Whether the answers to writes count is not known; they are left out.
        """
        free = out.writes or out.target.partition("?")[0].endswith("/Organisation")
        return Used(0 if free else len(reply.body), _whole(reply.headers.get("x-daylimit-remaining")))


def broken(reply: Reply) -> Limit:
    """The limit that a 429 names, whichever way it spells it; an unknown one is taken for the minute."""
    named = reply.headers.get("x-rate-limit-problem", "").lower().replace("-", "").replace(" ", "")
    return next((limit for limit in Limit if limit.value == named), Limit.MINUTE)


def park_seconds(reply: Reply) -> float:
    """How long a 429 lasts: Retry-After where it makes sense, else what its kind usually takes."""
    limit = broken(reply)
    asked = _whole(reply.headers.get("retry-after"))
    if asked is None or limit not in _LONGEST_PARK_SECONDS:
        return _PARK_SECONDS[limit]
    return min(max(float(asked), 1.0), _LONGEST_PARK_SECONDS[limit])


def _note(flight: Flight, reply: Reply) -> None:
    flight.heard = True
    flight.minute_left = _whole(reply.headers.get("x-minlimit-remaining"))
    flight.day_left = _whole(reply.headers.get("x-daylimit-remaining"))
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        flight.broken, flight.park_seconds = broken(reply), park_seconds(reply)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().isascii() and text.strip().isdigit() else None


def _unreadable(reply: Reply, out: Outgoing, request_id: str | None) -> VendorError | None:
    if reply.status == HTTPStatus.NOT_MODIFIED or isinstance(reply.json, Mapping):
        return None
    return lost(out, "the answer is cut or not JSON", request_id)


def _elements(reply: Reply) -> list[Mapping[str, Json]]:
    return wire.items(wire.mapping(reply.json).get("Elements"))


def _refused(reply: Reply, request_id: str | None) -> CallRefused:
    message = wire.text(wire.mapping(reply.json).get("Message")) or reply.text
    code = meaning(message).code
    if code == VALIDATION.code and reply.status != HTTPStatus.BAD_REQUEST:
        code = f"http_{reply.status}"
    return CallRefused(f"Xero refused the call ({reply.status}): {message[:300]}", code=code, request_id=request_id)
