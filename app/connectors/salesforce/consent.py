"""A person's consent to Crossbook in Salesforce, once: the address to open, and what it leads back with."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from app.errors import SignInNeeded

SCOPES = "api refresh_token"


class Consent(NamedTuple):
    """One request for consent. `verifier` (43 to 128 characters) and `state` are random and stay here until it ends."""

    verifier: str
    state: str

    def address(self, *, url: str, client_id: str, redirect_url: str) -> str:
        """Where a person signs in and consents, with proof that only we can use the code (PKCE)."""
        digest = sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_url,
            "scope": SCOPES,
            "state": self.state,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{url.rstrip('/')}/services/oauth2/authorize?{urlencode(query)}"

    def code(self, led_to: str) -> str:
        """The code in the address that the browser was led to. Raises `SignInNeeded` when consent was not given."""
        answer = {name: values[0] for name, values in parse_qs(urlsplit(led_to.strip()).query).items()}
        if "error" in answer:
            raise SignInNeeded(f"consent was not given: {answer.get('error_description') or answer['error']}"[:200])
        if not compare_digest(answer.get("state", "").encode(), self.state.encode()):
            raise SignInNeeded("the address does not belong to this request: open the printed address, then paste")
        if not answer.get("code"):
            raise SignInNeeded("the address holds no code: copy it whole from the browser")
        return answer["code"]
