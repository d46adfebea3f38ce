"""Xero's connections: which organisations a sign-in reaches, and how one is let go."""

from collections.abc import Sequence
from http import HTTPStatus

from app.connectors.http import Api, Outgoing, Reply
from app.connectors.xero.organisations import Organisation, organisations
from app.connectors.xero.spelling import encoded
from app.errors import CallRefused, SignInNeeded, Unreachable


class XeroConnections:
    """The list of connections, which no organisation's limits count."""

    def __init__(self, api: Api, api_url: str) -> None:
        self._api = api
        self._api_url = api_url

    async def list(self, access_token: str, until: float) -> Sequence[Organisation]:
        """All that the token reaches, by this consent and by earlier ones of its user."""
        reply = await self._sent(Outgoing("GET", "/connections"), access_token, until)
        if not isinstance(reply.json, list):
            raise Unreachable("Xero's list of connections cannot be read")
        return organisations(reply.json)

    async def disconnect(self, connection_id: str, access_token: str, until: float) -> None:
        """Let one organisation go. One that is gone already is no mistake."""
        out = Outgoing("DELETE", f"/connections/{encoded(connection_id)}", writes=True)
        await self._sent(out, access_token, until)

    async def _sent(self, out: Outgoing, access_token: str, until: float) -> Reply:
        headers = {"Authorization": f"Bearer {access_token}"}
        reply = await self._api.exchange(self._api_url, out, headers, until)
        if reply.ok or (out.writes and reply.status == HTTPStatus.NOT_FOUND):
            return reply
        if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SignInNeeded(f"Xero does not show the connections of this sign-in ({reply.status})")
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Unreachable(f"Xero does not tell which organisations are connected ({reply.status})")
        raise CallRefused(f"Xero refused the call ({reply.status})", code=f"http_{reply.status}")
