"""The sign-in page: a person consents at once, and a code goes back to the app."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from app.simulator.xero.connections import Consent

CODE_LIFE = timedelta(minutes=5)
GRANULAR = frozenset(
    {
        "offline_access", "openid", "profile", "email", "app.connections", "accounting.attachments",
        "accounting.contacts", "accounting.settings", "accounting.invoices", "accounting.payments",
        "accounting.banktransactions", "accounting.manualjournals",
    }
)  # fmt: skip
"""The scopes that an app made since 2 March 2026 may ask for; those of accounting also with `.read`."""


class ConsentRefused(Exception):
    """No consent came of it; the text is the OAuth error code."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was sent to an app."""

    consent: Consent
    redirect_uri: str
    scope: str
    challenge: str
    given_at: datetime

    def fits(self, app: str, redirect_uri: str, verifier: str, now: datetime) -> bool:
        """Whether this app may trade it, now."""
        timely = now - self.given_at <= CODE_LIFE
        proven = not self.challenge or challenge(verifier) == self.challenge
        return timely and proven and app == self.consent.app and redirect_uri == self.redirect_uri


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def check_scope(scope: str) -> None:
    """Raise ConsentRefused for a scope that there is not."""
    for name in scope.split():
        if name not in GRANULAR and name.removesuffix(".read") not in GRANULAR:
            raise ConsentRefused("invalid_scope")
