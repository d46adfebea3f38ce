"""Xero's token service: consents and refresh tokens of web apps, client credentials of custom connections."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from app.connectors import wire
from app.connectors.http import Api, Outgoing, Reply
from app.connectors.tokens import Access
from app.connectors.xero import refusals
from app.engine.credentials import TokenSet
from app.engine.ports import Clock
from app.errors import Doubtful, SignInNeeded, Unreachable

_LIFE_SECONDS = 1800
_AHEAD = timedelta(minutes=5)


class XeroSignIn:
    """The token service as one connection uses it. An app without secret names itself in the form only (PKCE)."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        *,
        connection: str,
        identity_url: str,
        api_url: str,
        client_id: str,
        client_secret: str,
        scopes: str,
    ) -> None:
        self._api = api
        self._clock = clock
        self._connection = connection
        self._identity_url = identity_url
        self._api_url = api_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes

    async def exchange(self, code: str, redirect_url: str, verifier: str, until: float) -> TokenSet:
        """Trade the code of a consent, which lives five minutes and works once. `Doubtful`: the answer is lost."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
        return await self._granted({**form, **({"code_verifier": verifier} if verifier else {})}, until)

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

    async def revoke(self, refresh_token: str, until: float) -> None:
        """End the sign-in at Xero, and with it every connection of its user to the app."""
        reply = await self._posted("/connect/revocation", {"token": refresh_token}, until)
        if not reply.ok:
            raise self._refused(reply)

    async def _granted(self, form: Mapping[str, str], until: float) -> TokenSet:
        return self._token_set(await self._posted("/connect/token", form, until))

    async def _posted(self, path: str, form: Mapping[str, str], until: float) -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._client_secret:
            basic = b64encode(f"{self._client_id}:{self._client_secret}".encode()).decode()
            headers["Authorization"] = f"Basic {basic}"
        else:
            form = {**form, "client_id": self._client_id}
        out = Outgoing("POST", path, urlencode(form), headers, writes=True)
        return await self._api.exchange(self._identity_url, out, {}, until)

    def _token_set(self, reply: Reply) -> TokenSet:
        if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._refused(reply)
        answer = wire.mapping(reply.json)
        access_token = wire.text(answer.get("access_token"))
        if not reply.ok or not access_token:
            raise Doubtful(f"the token service gave no token ({reply.status})")
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int) and life > 0 else _LIFE_SECONDS
        refresh_token = wire.text(answer.get("refresh_token")) or None
        return TokenSet(access_token, refresh_token, self._clock.now() + timedelta(seconds=seconds))

    def _refused(self, reply: Reply) -> SignInNeeded | Unreachable:
        busy = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
        if reply.status in busy or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unreachable(f"the token service is busy ({reply.status})")
        return SignInNeeded(refusals.token_refused(wire.text(wire.mapping(reply.json).get("error")), self._connection))
