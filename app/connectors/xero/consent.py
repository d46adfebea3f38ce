"""A person's consent at Xero: where to send them, what they come back with."""

import base64
import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qs, urlencode, urlsplit

from app.connectors.xero import refusals
from app.errors import SignInNeeded


@dataclass(frozen=True, slots=True)
class Consent:
    """One attempt to get consent. `state` ties the answer to it; `verifier` is blank for an app that has a secret."""

    login_url: str
    client_id: str
    redirect_url: str
    scopes: str
    state: str
    verifier: str = ""

    @property
    def address(self) -> str:
        """The address that the person opens. An app without secret proves itself by a challenge (S256) instead."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_url,
            "scope": self.scopes,
            "state": self.state,
        }
        if self.verifier:
            query |= {"code_challenge": challenge(self.verifier), "code_challenge_method": "S256"}
        return f"{self.login_url.rstrip('/')}/identity/connect/authorize?{urlencode(query)}"

    def code(self, returned: str) -> str:
        """The code in the address that Xero sent the person back to. Raises `SignInNeeded` when it is not for us."""
        answer = parse_qs(urlsplit(returned.strip()).query)
        if not compare_digest(_first(answer, "state").encode(), self.state.encode()):
            raise SignInNeeded("the address does not belong to this attempt: its state differs; start again")
        if refused := _first(answer, "error"):
            raise SignInNeeded(f"Xero gave no consent ({refused[:60]}): {refusals.consent_refused(refused)}")
        if not (code := _first(answer, "code")):
            raise SignInNeeded("the address holds no code; paste the whole address that the browser ended at")
        return code


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _first(answer: dict[str, list[str]], name: str) -> str:
    return answer.get(name, [""])[0]
