"""Xero's tokens: who may call, for how long, and how refresh tokens rotate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids

ACCESS_SECONDS = 1800
REFRESH_LIFE = timedelta(days=60)
ROTATION_GRACE = timedelta(minutes=30)
SCOPE = "offline_access accounting.contacts accounting.settings.read"


@dataclass(frozen=True, slots=True)
class XeroApp:
    """A client of the API. A person's client has no limits and needs neither consent nor tenant header."""

    name: str
    credentials: Credentials
    refresh_token: str = ""
    """The first refresh token of a web app; blank for the others."""
    custom: bool = False
    """A custom connection: client credentials, one organisation, no tenant header needed."""
    person: bool = False
    scope: str = SCOPE

    def may(self, method: str, scope: str) -> bool:
        """Whether the app's scopes allow `method` on the resources of `scope`."""
        held = self.scope.split()
        return scope in held or (method == "GET" and f"{scope}.read" in held)


@dataclass(frozen=True, slots=True)
class Access:
    """An access token that was given out."""

    app: XeroApp
    expires_at: datetime


@dataclass(slots=True)
class _RefreshToken:
    app: XeroApp
    given_at: datetime
    replaced_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        if self.replaced_at is not None:
            return now - self.replaced_at <= ROTATION_GRACE
        return now - self.given_at <= REFRESH_LIFE


class TokenRefused(Exception):
    """The token endpoint says no; the text is the OAuth error code."""


class Identity:
    """Every token that was ever given out."""

    def __init__(self, clock: Clock, ids: Ids, apps: Sequence[XeroApp]) -> None:
        self._clock = clock
        self._ids = ids
        self._apps = apps
        self._access: dict[str, Access] = {}
        now = clock.now()
        self._refresh = {app.refresh_token: _RefreshToken(app, now) for app in apps if app.refresh_token}

    def grant(self, credentials: Credentials, grant_type: str, refresh_token: str) -> Json:
        """The token answer. Raises TokenRefused."""
        app = next((app for app in self._apps if app.credentials.match(credentials)), None)
        if app is None:
            raise TokenRefused("invalid_client")
        if grant_type == "refresh_token":
            return {**self._access_token(app), "refresh_token": self._rotate(app, refresh_token)}
        if grant_type != "client_credentials":
            raise TokenRefused("unsupported_grant_type")
        if not (app.custom or app.person):
            raise TokenRefused("unauthorized_client")
        return self._access_token(app)

    def access(self, token: str) -> Access | None:
        """What is known of an access token, expired or not; None for one that was never given out."""
        return self._access.get(token)

    def revoke_access(self) -> None:
        """Let every access token end now; refresh tokens stay."""
        now = self._clock.now()
        self._access = {token: Access(access.app, now) for token, access in self._access.items()}

    def _access_token(self, app: XeroApp) -> dict[str, Json]:
        token = f"access-{self._ids().hex}"
        self._access[token] = Access(app, self._clock.now() + timedelta(seconds=ACCESS_SECONDS))
        return {"access_token": token, "expires_in": ACCESS_SECONDS, "token_type": "Bearer", "scope": app.scope}

    def _rotate(self, app: XeroApp, token: str) -> str:
        now = self._clock.now()
        known = self._refresh.get(token)
        if known is None or known.app != app or not known.works(now):
            raise TokenRefused("invalid_grant")
        known.replaced_at = known.replaced_at or now
        fresh = f"refresh-{self._ids().hex}"
        self._refresh[fresh] = _RefreshToken(app, now)
        return fresh
