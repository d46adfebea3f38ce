"""Salesforce's sessions: who may call, and how long a session lives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids

IDLE_LIFE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SalesforceClient:
    """A client of the API and the user that it runs as. A person's calls use up no limit."""

    name: str
    credentials: Credentials
    user_id: str
    person: bool = False


@dataclass(slots=True)
class _Session:
    client: SalesforceClient
    used_at: datetime


class TokenRefused(Exception):
    """The token endpoint says no, with an OAuth error code and its description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Sessions:
    """Every session that lives."""

    def __init__(self, clock: Clock, ids: Ids, org_id: str, clients: Sequence[SalesforceClient]) -> None:
        self._clock = clock
        self._ids = ids
        self._org_id = org_id
        self._clients = clients
        self._sessions: dict[str, _Session] = {}

    def grant(self, credentials: Credentials, grant_type: str, instance_url: str) -> Json:
        """The token answer, which names no end. Raises TokenRefused."""
        if grant_type != "client_credentials":
            raise TokenRefused("unsupported_grant_type", "grant type not supported")
        client = next((client for client in self._clients if client.credentials.match(credentials)), None)
        if client is None:
            raise TokenRefused("invalid_client", "invalid client credentials")
        now = self._clock.now()
        token = f"{self._org_id[:15]}!{self._ids().hex}"
        self._sessions[token] = _Session(client, now)
        return {
            "access_token": token,
            "signature": self._ids().hex,
            "scope": "api",
            "instance_url": instance_url,
            "id": f"{instance_url}/id/{self._org_id}/{client.user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp()) * 1000),
        }

    def client(self, token: str) -> SalesforceClient | None:
        """Whose session this is; using it keeps it alive. None when it has ended."""
        session = self._sessions.get(token)
        now = self._clock.now()
        if session is None or now - session.used_at > IDLE_LIFE:
            return None
        session.used_at = now
        return session.client

    def end_all(self) -> None:
        """End every session."""
        self._sessions.clear()
