"""Signing in to Xero: refresh tokens for web apps, client credentials for custom connections."""

from base64 import b64encode
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from app.connectors import wire
from app.connectors.http import Api, Outgoing, Reply
from app.connectors.tokens import Access
from app.engine.credentials import TokenSet
from app.engine.ports import Clock
from app.errors import Doubtful, SignInNeeded, Unreachable

_LIFE_SECONDS = 1800
_AHEAD = timedelta(minutes=5)


class XeroSignIn:
    """The token service of one Xero app."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        *,
        identity_url: str,
        api_url: str,
        client_id: str,
        client_secret: str,
        scopes: str,
    ) -> None:
        self._api = api
        self._clock = clock
        self._identity_url = identity_url
        self._api_url = api_url
        self._basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._scopes = scopes

    async def refresh(self, refresh_token: str, until: float) -> TokenSet:
        """Trade a refresh token for a new set. `Doubtful`: it was perhaps traded, the answer is lost."""
        return await self._granted({"grant_type": "refresh_token", "refresh_token": refresh_token}, until)

    async def client_credentials(self, until: float) -> Access:
        """Sign a custom connection in. There is no refresh token: when it ages, sign in anew."""
        form = {"grant_type": "client_credentials", "scope": self._scopes}
        try:
            granted = await self._granted(form, until)
        except Doubtful as error:
            raise Unreachable("the token service does not answer") from error
        return Access(granted.access_token, self._api_url, granted.expires_at - _AHEAD)

    async def _granted(self, form: dict[str, str], until: float) -> TokenSet:
        headers = {"Authorization": f"Basic {self._basic}", "Content-Type": "application/x-www-form-urlencoded"}
        out = Outgoing("POST", "/connect/token", urlencode(form), headers, writes=True)
        return self._token_set(await self._api.exchange(self._identity_url, out, {}, until))

    def _token_set(self, reply: Reply) -> TokenSet:
        if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _raise_refused(reply)
        answer = wire.mapping(reply.json)
        access_token = wire.text(answer.get("access_token"))
        if not reply.ok or not access_token:
            raise Doubtful(f"the token service gave no token ({reply.status})")
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int) and life > 0 else _LIFE_SECONDS
        refresh_token = wire.text(answer.get("refresh_token")) or None
        return TokenSet(access_token, refresh_token, self._clock.now() + timedelta(seconds=seconds))


def _raise_refused(reply: Reply) -> TokenSet:
    if reply.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}:
        raise Unreachable(f"the token service is busy ({reply.status})")
    error = wire.text(wire.mapping(reply.json).get("error")) or "no reason"
    raise SignInNeeded(f"the token service refuses ({reply.status}): {error[:60]}")
