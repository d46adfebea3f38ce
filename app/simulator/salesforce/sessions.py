"""Salesforce's sessions: who may call, how a client gets one, and how long it lives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids
from app.simulator.salesforce.assertions import check_assertion
from app.simulator.salesforce.consents import Consents
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.refused import TokenRefused

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class SalesforceClient:
    """A client of the API and the user that it runs as. A person's calls use up no limit.

    `public_key` (PEM) and `username` are for assertions, `redirect_url` is where a person's consent leads to; blank,
    it leads to wherever it is asked to, as at the simulated Xero. `approved` tells that an administrator has let the
    user use the client.
    """

    name: str
    credentials: Credentials
    user_id: str
    person: bool = False
    public_key: str = ""
    username: str = ""
    redirect_url: str = ""
    approved: bool = True


@dataclass(slots=True)
class _Session:
    client: SalesforceClient
    used_at: datetime


class Sessions:
    """Every session that lives, and every refresh token."""

    def __init__(
        self, clock: Clock, ids: Ids, org_id: str, clients: Sequence[SalesforceClient], facts: SalesforceFacts
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._org_id = org_id
        self._clients = clients
        self.facts = facts
        self._sessions: dict[str, _Session] = {}
        self._refresh_tokens: dict[str, SalesforceClient] = {}
        self.consents = Consents(clock, ids)

    def grant(self, form: Mapping[str, str], shown: Credentials, host: str) -> Json:
        """The token answer of the org at `host`, which names no end. Raises TokenRefused."""
        match form.get("grant_type"):
            case "client_credentials":
                return self._granted(self._shown(shown), host)
            case grant if grant == JWT_BEARER:
                return self._granted(self._asserted(form.get("assertion", ""), host), host)
            case "authorization_code":
                client = self._shown(shown, public=True)
                self.consents.redeem(client.credentials.id, form)
                return self._granted(client, host, self._new_refresh_token(client))
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""), shown, host)
        raise TokenRefused("unsupported_grant_type", "grant type not supported")

    def named(self, client_id: str) -> SalesforceClient | None:
        """The client of this id."""
        return next((client for client in self._clients if client.credentials.id == client_id), None)

    def client(self, token: str) -> SalesforceClient | None:
        """Whose session this is; using it keeps it alive. None when it has ended."""
        session = self._sessions.get(token)
        now = self._clock.now()
        if session is None or now - session.used_at > timedelta(minutes=self.facts.session_minutes):
            return None
        session.used_at = now
        return session.client

    def end_all(self) -> None:
        """End every session."""
        self._sessions.clear()

    def forget_consent(self) -> None:
        """A person takes back what was granted: no refresh token works any more."""
        self._refresh_tokens.clear()

    def _shown(self, shown: Credentials, *, public: bool = False) -> SalesforceClient:
        """The client whose id and secret these are; a `public` client of a code needs no secret."""
        client = self.named(shown.id)
        if client is None:
            raise TokenRefused("invalid_client_id", "client identifier invalid")
        if not client.credentials.match(shown) and not (public and not shown.secret):
            raise TokenRefused("invalid_client", "invalid client credentials")
        return client

    def _asserted(self, assertion: str, host: str) -> SalesforceClient:
        audiences = ["https://login.salesforce.com", "https://test.salesforce.com"]
        if self.facts.takes_my_domain_audience:
            audiences.append(host)
        keys = {client.credentials.id: client.public_key for client in self._clients if client.public_key}
        issuer, username = check_assertion(assertion, keys, audiences, self._clock.now())
        client = self.named(issuer)
        if client is None or client.username != username or not client.approved:
            raise TokenRefused("invalid_grant", "user hasn't approved this consumer")
        return client

    def _refreshed(self, refresh_token: str, shown: Credentials, host: str) -> Json:
        client = self._refresh_tokens.get(refresh_token)
        if client is None or client != self._shown(shown, public=True):
            raise TokenRefused("invalid_grant", "expired access/refresh token")
        if not self.facts.rotates_refresh_tokens:
            return self._granted(client, host)
        del self._refresh_tokens[refresh_token]
        return self._granted(client, host, self._new_refresh_token(client))

    def _new_refresh_token(self, client: SalesforceClient) -> str:
        token = f"5Aep{self._ids().hex}"
        self._refresh_tokens[token] = client
        return token

    def _granted(self, client: SalesforceClient, host: str, refresh_token: str = "") -> Json:
        now = self._clock.now()
        token = f"{self._org_id[:15]}!{self._ids().hex}"
        self._sessions[token] = _Session(client, now)
        refresh: dict[str, Json] = {"refresh_token": refresh_token} if refresh_token else {}
        return {
            "access_token": token,
            **refresh,
            "signature": self._ids().hex,
            "scope": "api",
            "instance_url": host,
            "id": f"{host}/id/{self._org_id}/{client.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp()) * 1000),
        }
