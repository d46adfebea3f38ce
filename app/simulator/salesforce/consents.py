"""Consents: the codes that a person's yes leads back with, each good once, with its verifier (PKCE)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from app.engine.ports import Clock
from app.simulator.ids import Ids
from app.simulator.salesforce.refused import TokenRefused

LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Consent:
    client_id: str
    redirect_url: str
    challenge: str
    given_at: datetime


class Consents:
    """The codes that were not redeemed yet."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._open: dict[str, _Consent] = {}

    def give(self, client_id: str, redirect_url: str, challenge: str) -> str:
        """A person says yes; the code."""
        code = f"aPrx{self._ids().hex}=="
        self._open[code] = _Consent(client_id, redirect_url, challenge, self._clock.now())
        return code

    def redeem(self, client_id: str, form: Mapping[str, str]) -> None:
        """Use a code up. Raises TokenRefused."""
        consent = self._open.pop(form.get("code", ""), None)
        if consent is None or consent.client_id != client_id or self._clock.now() - consent.given_at > LIFE:
            raise TokenRefused("invalid_grant", "expired authorization code")
        if consent.redirect_url != form.get("redirect_uri"):
            raise TokenRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(digest).rstrip(b"=").decode() != consent.challenge:
            raise TokenRefused("invalid_grant", "invalid code verifier")
