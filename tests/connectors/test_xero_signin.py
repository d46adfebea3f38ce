"""Signing in to Xero by either grant."""

from base64 import b64decode
from datetime import timedelta
from urllib.parse import parse_qsl

import httpx
import pytest

from app.connectors.xero.signin import XeroSignIn
from app.errors import CrossbookError, Doubtful, SignInNeeded, Unreachable
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, Line, Script, answer, api, plain, soon
from tests.support.clock import VirtualClock

GRANTED: Json = {"access_token": "access", "refresh_token": "fresh", "expires_in": 1200, "token_type": "Bearer"}


def sign_in(script: Script, clock: VirtualClock) -> XeroSignIn:
    return XeroSignIn(
        api(script, clock),
        clock,
        connection="nz",
        identity_url=ROOT,
        api_url="https://api.xero.example",
        client_id="client",
        client_secret="hush",
        scopes="accounting.contacts",
    )


async def test_a_refresh_token_is_traded_for_a_new_set(clock: VirtualClock) -> None:
    script = Script(answer(200, GRANTED))
    tokens = await sign_in(script, clock).refresh("old&token", soon())
    assert (tokens.access_token, tokens.refresh_token) == ("access", "fresh")
    assert tokens.expires_at == clock.now() + timedelta(seconds=1200)
    (request,) = script.requests
    assert request.url.path == "/connect/token"
    assert dict(parse_qsl(request.content.decode())) == {"grant_type": "refresh_token", "refresh_token": "old&token"}
    assert b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"client:hush"


async def test_a_custom_connection_signs_in_with_its_own_credentials(clock: VirtualClock) -> None:
    script = Script(answer(200, {"access_token": "access", "expires_in": 1800}))
    access = await sign_in(script, clock).client_credentials(soon())
    assert (access.token, access.url) == ("access", "https://api.xero.example")
    assert access.stale_at == clock.now() + timedelta(minutes=25)
    assert dict(parse_qsl(script.requests[0].content.decode()))["grant_type"] == "client_credentials"


async def test_without_a_word_on_its_life_a_token_lives_half_an_hour(clock: VirtualClock) -> None:
    script = Script(answer(200, {"access_token": "access", "expires_in": "soon"}))
    tokens = await sign_in(script, clock).refresh("old", soon())
    assert tokens.expires_at == clock.now() + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (answer(400, {"error": "invalid_grant"}), SignInNeeded),
        (answer(400, {"error": "invalid_scope"}), SignInNeeded),
        (answer(401, {"error": "invalid_client"}), SignInNeeded),
        (plain(403, "<html>"), SignInNeeded),
        (plain(429), Unreachable),
        (plain(500), Doubtful),
        (plain(503, "maintenance"), Doubtful),
        (answer(200, {"token_type": "Bearer"}), Doubtful),
        (plain(200, "{cut"), Doubtful),
        (httpx.ReadTimeout("slow"), Doubtful),
    ],
)
async def test_a_refresh_that_brings_no_token_says_why(
    clock: VirtualClock, line: Line, expected: type[CrossbookError]
) -> None:
    with pytest.raises(expected):
        await sign_in(Script(line), clock).refresh("old", soon())


async def test_client_credentials_whose_answer_is_lost_cost_nothing(clock: VirtualClock) -> None:
    with pytest.raises(Unreachable):
        await sign_in(Script(httpx.ReadError("reset")), clock).client_credentials(soon())
