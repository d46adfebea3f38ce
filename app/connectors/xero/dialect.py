"""How Xero wants to be called, and what its replies mean."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus

from app.connectors import wire
from app.connectors.calls import Passage
from app.connectors.http import Outgoing, Reply, failed, lost
from app.connectors.quota import Quota
from app.connectors.tokens import Access, AccessSource
from app.connectors.usage import Used
from app.connectors.xero import limits, refusals
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.errors import VALIDATION, meaning
from app.connectors.xero.resources import scope_of
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json

_REFUSED_ACCESS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_ORGANISATION_OFFLINE = timedelta(minutes=5)


class XeroDialect:
    """One organisation. `tenant_id` is empty for a custom connection, which knows its only one."""

    def __init__(
        self, connection: str, tenant_id: str, quota: Quota, clock: Clock, connections: XeroConnections
    ) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._quota = quota
        self._clock = clock
        self._connections = connections

    def headers(self, access: Access) -> Mapping[str, str]:
        tenant = {"Xero-Tenant-Id": self._tenant_id} if self._tenant_id else {}
        return {"Authorization": f"Bearer {access.token}", **tenant}

    @asynccontextmanager
    async def gate(self, priority: Priority) -> AsyncIterator[Passage]:
        async with self._quota.flight(priority) as flight:
            passage = Passage()
            yield passage
            if passage.reply:
                limits.note(flight, passage.reply)

    async def second_access(self, reply: Reply, access: Access, source: AccessSource, until: float) -> Access | None:
        """A renewed access for one that has ended; for one that may not do this, one that a person has brought.

        403 means that the organisation is not connected to this sign-in, which a look at the connections confirms.
        """
        if reply.status not in _REFUSED_ACCESS:
            return None
        if _not_allowed(reply) or reply.status == HTTPStatus.FORBIDDEN:
            if brought := await source.newer(access):
                return brought
            if _not_allowed(reply):
                return None
            await self._require_connected(access, until)
        return await source.renewed(access, until)

    async def _require_connected(self, access: Access, until: float) -> None:
        if not self._tenant_id:
            return
        connected = await self._connections.list(access.token, until)
        if self._tenant_id.lower() not in {each.tenant_id for each in connected}:
            raise SignInNeeded(refusals.not_connected(self._tenant_id, connected, self._connection))

    def failure(self, reply: Reply, out: Outgoing) -> VendorError | None:
        request_id = reply.headers.get("xero-correlation-id")
        if reply.ok or reply.status == HTTPStatus.NOT_MODIFIED:
            return _unreadable(reply, out, request_id)
        match reply.status:
            case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
                return SignInNeeded(self._remedy(reply, out), request_id=request_id)
            case HTTPStatus.TOO_MANY_REQUESTS:
                until = self._clock.now() + timedelta(seconds=limits.park_seconds(reply))
                return OutOfQuota(f"Xero's {limits.broken(reply)} limit is reached", until=until, request_id=request_id)
            case HTTPStatus.SERVICE_UNAVAILABLE:
                return self._offline(reply, request_id)
            case HTTPStatus.BAD_REQUEST if out.writes and _elements(reply):
                return None
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and reply.status != HTTPStatus.NOT_IMPLEMENTED:
            return failed(out, f"Xero failed ({reply.status})", request_id)
        return _refused(reply, request_id)

    def _remedy(self, reply: Reply, out: Outgoing) -> str:
        """What a person must do when access is refused for good."""
        if _not_allowed(reply):
            return refusals.not_allowed(scope_of(out.target, writes=out.writes), self._connection)
        if reply.status == HTTPStatus.FORBIDDEN:
            return refusals.refused_though_connected(self._connection)
        return refusals.token_not_accepted(self._connection)

    def _offline(self, reply: Reply, request_id: str | None) -> Unreachable:
        """503 comes in plain text; an organisation that is offline is left alone for the five minutes Xero advises."""
        if "organisation" in reply.text.lower():
            until = self._clock.now() + _ORGANISATION_OFFLINE
            return Unreachable("Xero says that the organisation is offline", until=until, request_id=request_id)
        return Unreachable(f"Xero is unavailable: {reply.text[:80]}", request_id=request_id)

    def used(self, reply: Reply, out: Outgoing) -> Used:
        """What Xero bills by: the bytes that a GET brings, except the organisation's own; sent bytes are free.

        Counted are bytes after decompression. Whether the answers to writes count is not known; they are left out.
        """
        free = out.writes or out.target.partition("?")[0].endswith("/Organisation")
        return Used(0 if free else len(reply.body), limits.day_left(reply))


def _not_allowed(reply: Reply) -> bool:
    """Whether a 401 speaks of a missing scope or role instead of the token."""
    return "AuthorizationUnsuccessful" in wire.text(wire.mapping(reply.json).get("Detail"))


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
