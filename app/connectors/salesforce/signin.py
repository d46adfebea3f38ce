"""Signing in to Salesforce: client credentials, a signed assertion, a person's consent, or a refresh token."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from app.connectors import wire
from app.connectors.http import Api, Outgoing, Reply
from app.connectors.salesforce import remedies
from app.connectors.salesforce.assertion import assertion
from app.connectors.salesforce.identity import user_of
from app.connectors.tokens import Access
from app.engine.credentials import TokenSet
from app.engine.ports import Clock
from app.errors import Doubtful, SignInNeeded, Unreachable
from app.mapping.values import Json

INSTANCE_HOSTS = (".my.salesforce.com", ".salesforce.com")
_SESSION = timedelta(hours=2)
"""Salesforce names no end; sessions last two hours unless an administrator has said otherwise."""


class SalesforceSignIn:
    """The token service at the org's own My Domain host; a common login host refuses some grants.

    `allowed` judges the instance address in the answer, which calls will then go to; `org_id` is the only organisation
    that an answer may be for. Refusals name the `connection`.
    """

    def __init__(
        self,
        connection: str,
        api: Api,
        clock: Clock,
        *,
        url: str,
        org_id: str,
        client_id: str,
        client_secret: str,
        allowed: Callable[[str], bool],
    ) -> None:
        self._connection = connection
        self._api = api
        self._clock = clock
        self._url = url
        self._org_id = org_id
        self._client_id = client_id
        self._client_secret = client_secret
        self._allowed = allowed

    async def client_credentials(self, until: float) -> Access:
        """Sign in as the app's run-as user. The answer tells no lifetime: access lasts until a call is answered 401.

        Every way to sign in raises `SignInNeeded` when refused, `Unreachable` when the service does not answer.
        """
        return await self._signed_in({"grant_type": "client_credentials", **self._client()}, until)

    async def jwt_bearer(self, username: str, audience: str, private_key: str, until: float) -> Access:
        """Sign in as `username` with an assertion that the app's certificate proves."""
        signed = assertion(
            client_id=self._client_id,
            username=username,
            audience=audience,
            private_key=private_key,
            now=self._clock.now(),
        )
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
        return await self._signed_in(form, until)

    async def exchange(self, code: str, verifier: str, redirect_url: str, until: float) -> TokenSet:
        """Trade the code of a person's consent for tokens."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        granted = await self._granted({**form, "redirect_uri": redirect_url, **self._client()}, until)
        return self._token_set(granted, "")

    async def refresh(self, refresh_token: str, until: float) -> TokenSet:
        """Trade a refresh token for a new set. Where it does not rotate, the old one stays in use.

        `Doubtful`: it was perhaps traded, the answer is lost.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **self._client()}
        return self._token_set(await self._granted(form, until), refresh_token)

    def _client(self) -> dict[str, str]:
        secret = {"client_secret": self._client_secret} if self._client_secret else {}
        return {"client_id": self._client_id, **secret}

    async def _signed_in(self, form: Mapping[str, str], until: float) -> Access:
        try:
            granted = await self._granted(form, until)
        except Doubtful as error:
            raise Unreachable("the token service does not answer") from error
        return Access(wire.text(granted.get("access_token")), _instance(granted), user=self._user(granted))

    async def _granted(self, form: Mapping[str, str], until: float) -> Mapping[str, Json]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        out = Outgoing("POST", "/services/oauth2/token", urlencode(form), headers, writes=True)
        reply = await self._api.exchange(self._url, out, {}, until)
        answer = wire.mapping(reply.json)
        _check(reply, answer, form["grant_type"], self._connection)
        if not self._allowed(_instance(answer)):
            raise SignInNeeded("the token service names an instance address that calls may not go to")
        return answer

    def _token_set(self, granted: Mapping[str, Json], refresh_token: str) -> TokenSet:
        return TokenSet(
            wire.text(granted.get("access_token")),
            wire.text(granted.get("refresh_token")) or refresh_token or None,
            self._clock.now() + _SESSION,
            user=self._user(granted),
        )

    def _user(self, granted: Mapping[str, Json]) -> str:
        return user_of(wire.text(granted.get("id")), self._org_id)


def _check(reply: Reply, answer: Mapping[str, Json], grant_type: str, connection: str) -> None:
    """Raise what it means that the service granted nothing."""
    if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        error, description = wire.text(answer.get("error")), wire.text(answer.get("error_description"))
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS or remedies.passes(error, description):
            raise Unreachable(f"the token service is busy ({reply.status})")
        said = ": ".join(part for part in (error[:60], description[:120]) if part) or "no reason"
        raise SignInNeeded(f"{remedies.remedy(error, description, grant_type, connection)} ({said})")
    if not reply.ok or not wire.text(answer.get("access_token")):
        raise Unreachable(f"the token service gave no token ({reply.status})")


def _instance(answer: Mapping[str, Json]) -> str:
    return wire.text(answer.get("instance_url")).rstrip("/")
