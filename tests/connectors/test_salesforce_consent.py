"""A person's consent: the address to open proves that only we can use its code, and what comes back is checked."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from app.connectors.salesforce.consent import Consent
from app.errors import SignInNeeded

CONSENT = Consent("v" * 43, "state-1")
BACK = "https://login.salesforce.com/services/oauth2/success"


def test_the_address_asks_for_a_code_that_needs_our_verifier() -> None:
    address = urlsplit(CONSENT.address(url="https://x.my.salesforce.com/", client_id="a b", redirect_url=BACK))
    assert (address.netloc, address.path) == ("x.my.salesforce.com", "/services/oauth2/authorize")
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    challenge = urlsafe_b64encode(sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    assert query == {
        "response_type": "code",
        "client_id": "a b",
        "redirect_uri": BACK,
        "scope": "api refresh_token",
        "state": "state-1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert CONSENT.verifier not in address.query


def test_the_code_is_read_from_the_address_that_the_browser_was_led_to() -> None:
    assert CONSENT.code(f" {BACK}?code=aPrx%3D%3D&state=state-1\n") == "aPrx=="


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("code=x&state=other", "does not belong"),
        ("code=x", "does not belong"),
        ("state=state-1", "holds no code"),
        ("error=access_denied&error_description=end-user+denied+authorization&state=state-1", "end-user denied"),
        ("", "does not belong"),
    ],
)
def test_an_address_without_our_code_is_refused(query: str, said: str) -> None:
    with pytest.raises(SignInNeeded, match=said):
        CONSENT.code(f"{BACK}?{query}")
