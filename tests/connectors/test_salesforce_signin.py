"""Signing in to Salesforce at the org's own host, and going nowhere else afterwards."""

from urllib.parse import parse_qsl

import httpx
import pytest

from app.connectors.hosts import allow
from app.connectors.salesforce.signin import INSTANCE_HOSTS, SalesforceSignIn
from app.errors import CrossbookError, SignInNeeded, Unreachable
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, Line, Script, answer, api, plain, soon
from tests.support.clock import VirtualClock

GRANTED: dict[str, Json] = {"access_token": "00D!x", "instance_url": "https://example.my.salesforce.com/"}


def sign_in(script: Script, clock: VirtualClock) -> SalesforceSignIn:
    allowed = allow(ROOT, *INSTANCE_HOSTS)
    return SalesforceSignIn(api(script, clock), url=ROOT, client_id="client", client_secret="hush", allowed=allowed)


async def test_the_access_goes_to_the_instance_and_has_no_known_end(clock: VirtualClock) -> None:
    script = Script(answer(200, GRANTED))
    access = await sign_in(script, clock).client_credentials(soon())
    assert (access.token, access.url, access.stale_at) == ("00D!x", "https://example.my.salesforce.com", None)
    assert script.requests[0].url.path == "/services/oauth2/token"
    assert dict(parse_qsl(script.requests[0].content.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "hush",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (answer(400, {"error": "invalid_grant", "error_description": "no client credentials user"}), SignInNeeded),
        (answer(401, {"error": "invalid_client"}), SignInNeeded),
        (answer(200, {**GRANTED, "instance_url": "https://evil.example"}), SignInNeeded),
        (answer(200, {**GRANTED, "instance_url": "http://example.my.salesforce.com"}), SignInNeeded),
        (answer(200, {"access_token": "x"}), SignInNeeded),
        (answer(200, {"instance_url": ROOT}), Unreachable),
        (plain(302), Unreachable),
        (plain(503, "<html>"), Unreachable),
        (httpx.ReadError("reset"), Unreachable),
    ],
)
async def test_a_sign_in_that_brings_no_access_says_why(
    clock: VirtualClock, line: Line, expected: type[CrossbookError]
) -> None:
    with pytest.raises(expected):
        await sign_in(Script(line), clock).client_credentials(soon())
