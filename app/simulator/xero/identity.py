"""Xero's tokens: who may call, for how long, and how refresh tokens rotate."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.credentials import Credentials
from app.simulator.ids import Ids
from app.simulator.xero.connections import Consent
from app.simulator.xero.consent import Code, ConsentRefused, check_scope
from app.simulator.xero.facts import XeroFacts

ACCESS_SECONDS = 1800
REFRESH_LIFE = timedelta(days=60)
ROTATION_GRACE = timedelta(minutes=30)
SCOPE = "offline_access accounting.contacts accounting.settings.read accounting.invoices.read accounting.payments.read"
USER = "first user"


@dataclass(frozen=True, slots=True)
class XeroApp:
    """A client of the API. A person's client has no limits and needs neither consent nor tenant header.

    An app whose secret is blank proves itself by the verifier of its code (PKCE).
    """

    name: str
    credentials: Credentials
    refresh_token: str = ""
    """The first refresh token of a web app whose user has consented already; blank for the others."""
    custom: bool = False
    """A custom connection: client credentials, one organisation, no tenant header needed."""
    person: bool = False
    scope: str = SCOPE


@dataclass(frozen=True, slots=True)
class Access:
    """An access token that was given out."""

    app: XeroApp
    consent: Consent
    scope: str
    expires_at: datetime

    def may(self, method: str, scope: str) -> bool:
        """Whether the scopes allow `method` on the resources of `scope`."""
        held = self.scope.split()
        return scope in held or (method == "GET" and f"{scope}.read" in held)


@dataclass(slots=True)
class _RefreshToken:
    app: XeroApp
    consent: Consent
    scope: str
    given_at: datetime
    replaced_at: datetime | None = None
    revoked: bool = False

    def works(self, now: datetime) -> bool:
        if self.revoked:
            return False
        if self.replaced_at is not None:
            return now - self.replaced_at <= ROTATION_GRACE
        return now - self.given_at <= REFRESH_LIFE


class TokenRefused(Exception):
    """The token endpoint says no; the text is the OAuth error code."""


class Identity:
    """Every consent, code and token that was ever given out."""

    def __init__(self, clock: Clock, ids: Ids, apps: Sequence[XeroApp], facts: XeroFacts) -> None:
        self._clock = clock
        self._ids = ids
        self._apps = apps
        self._facts = facts
        self._access: dict[str, Access] = {}
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, _RefreshToken] = {}
        for app in apps:
            if app.refresh_token:
                consent = Consent(app.name, USER, str(ids()))
                self._refresh[app.refresh_token] = _RefreshToken(app, consent, app.scope, clock.now())

    @property
    def consents(self) -> list[Consent]:
        """What was consented to, before the world began and since."""
        return [token.consent for token in self._refresh.values()]

    def consented(self, asked: Mapping[str, str], user: str) -> tuple[str, Consent]:
        """The code for an app to which `user` just consented. Raises ConsentRefused."""
        app = next((app for app in self._apps if app.credentials.id == asked.get("client_id")), None)
        if app is None or app.custom or asked.get("response_type") != "code":
            raise ConsentRefused("unauthorized_client")
        check_scope(asked.get("scope", ""))
        if not app.credentials.secret and not asked.get("code_challenge"):
            raise ConsentRefused("invalid_request")
        consent, now = Consent(app.name, user, str(self._ids())), self._clock.now()
        if self._facts.consent_ends_older_tokens:
            self.revoke_consent(consent)
        code = f"code-{self._ids().hex}"
        where, proof = asked.get("redirect_uri", ""), asked.get("code_challenge", "")
        self._codes[code] = Code(consent, where, asked.get("scope", ""), proof, now)
        return code, consent

    def grant(self, credentials: Credentials, form: Mapping[str, str]) -> Json:
        """The token answer. Raises TokenRefused."""
        app = self._app(credentials)
        match form.get("grant_type", ""):
            case "refresh_token":
                return self._rotated(app, form.get("refresh_token", ""))
            case "authorization_code":
                return self._traded(app, form)
            case "client_credentials":
                if not (app.custom or app.person):
                    raise TokenRefused("unauthorized_client")
                return self._access_token(app, Consent(app.name, "", ""), app.scope)
        raise TokenRefused("unsupported_grant_type")

    def access(self, token: str) -> Access | None:
        """What is known of an access token, expired or not; None for one that was never given out."""
        return self._access.get(token)

    def revoke_access(self) -> None:
        """Let every access token end now; refresh tokens stay."""
        now = self._clock.now()
        self._access = {token: replace(access, expires_at=now) for token, access in self._access.items()}

    def revoke(self, credentials: Credentials, token: str) -> Consent | None:
        """End all tokens of the user that a refresh token is of. Raises TokenRefused."""
        app = self._app(credentials)
        known = self._refresh.get(token)
        if known is None or known.app != app:
            return None
        self.revoke_consent(known.consent)
        return known.consent

    def revoke_consent(self, consent: Consent) -> None:
        """End all refresh tokens that a user has with an app."""
        for token in self._refresh.values():
            if (token.consent.app, token.consent.user) == (consent.app, consent.user):
                token.revoked = True

    def revoke_all(self) -> None:
        """End every access token, and every refresh token that any user has with any app."""
        self.revoke_access()
        for token in self._refresh.values():
            token.revoked = True

    def _app(self, credentials: Credentials) -> XeroApp:
        app = next((app for app in self._apps if app.credentials.match(credentials)), None)
        if app is None:
            raise TokenRefused("invalid_client")
        return app

    def _traded(self, app: XeroApp, form: Mapping[str, str]) -> Json:
        code = self._codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        if code is None or not code.fits(app.name, form.get("redirect_uri", ""), verifier, self._clock.now()):
            raise TokenRefused("invalid_grant")
        granted = self._access_token(app, code.consent, code.scope)
        if "offline_access" in code.scope.split():
            granted["refresh_token"] = self._fresh(app, code.consent, code.scope)
        return granted

    def _rotated(self, app: XeroApp, token: str) -> Json:
        now = self._clock.now()
        known = self._refresh.get(token)
        if known is None or known.app != app or not known.works(now):
            raise TokenRefused("invalid_grant")
        known.replaced_at = known.replaced_at or now
        fresh = self._fresh(app, known.consent, known.scope)
        return {**self._access_token(app, known.consent, known.scope), "refresh_token": fresh}

    def _fresh(self, app: XeroApp, consent: Consent, scope: str) -> str:
        fresh = f"refresh-{self._ids().hex}"
        self._refresh[fresh] = _RefreshToken(app, consent, scope, self._clock.now())
        return fresh

    def _access_token(self, app: XeroApp, consent: Consent, scope: str) -> dict[str, Json]:
        claims = {"authentication_event_id": consent.event_id, "xero_userid": consent.user, "jti": self._ids().hex}
        token = f"{_part({'alg': 'none'})}.{_part(claims)}.unsigned"
        self._access[token] = Access(app, consent, scope, self._clock.now() + timedelta(seconds=ACCESS_SECONDS))
        return {"access_token": token, "expires_in": ACCESS_SECONDS, "token_type": "Bearer", "scope": scope}


def _part(claims: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
