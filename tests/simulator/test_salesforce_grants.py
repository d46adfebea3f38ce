"""Every way to a session: assertions, a person's consent, refresh tokens."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.connectors.salesforce.consent import Consent
from app.simulator import demo
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.sessions import JWT_BEARER, SalesforceClient
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.stepped_clock import SteppedClock

ROOT = "http://salesforce.test"
BACK = "https://back.example/done"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
CONSENT = Consent("v" * 43, "state-1")


def world(clock: SteppedClock, facts: SalesforceFacts | None = None, *, approved: bool = True) -> SalesforceWorld:
    client = SalesforceClient(
        "crossbook",
        Credentials("client", "secret"),
        "0055g0000000002AAA",
        public_key=PUBLIC,
        username="sync@example.com",
        redirect_url=BACK,
        approved=approved,
    )
    return SalesforceWorld(clock, seeded_ids(1), org_id="00D5g000000Sim1EAC", clients=[client], facts=facts)


def http(org: SalesforceWorld) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(salesforce_app(org)), base_url=ROOT)


@pytest.fixture
async def org(clock: SteppedClock) -> AsyncIterator[httpx.AsyncClient]:
    async with http(world(clock)) as client:
        yield client


async def token(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await client.post("/services/oauth2/token", data=form)


def assertion(clock: SteppedClock, **changes: object) -> str:
    now = int(clock.now().timestamp())
    claims = {"iss": "client", "sub": "sync@example.com", "aud": "https://login.salesforce.com", "exp": now + 120}
    return jwt.encode({**claims, **changes}, PEM, algorithm="RS256")


async def test_an_assertion_opens_a_session(org: httpx.AsyncClient, clock: SteppedClock) -> None:
    granted = await token(org, grant_type=JWT_BEARER, assertion=assertion(clock))
    assert granted.status_code == 200
    assert granted.json()["id"].endswith("/0055g0000000002AAA")
    assert "refresh_token" not in granted.json()


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"sub": "other@example.com"}, "user hasn't approved this consumer"),
        ({"aud": ROOT}, "audience is invalid"),
        ({"iss": "stranger"}, "invalid assertion"),
        ({"exp": 1772442000 + 600}, "invalid assertion"),
        ({"exp": 1772442000 - 1}, "expired authorization code"),
    ],
)
async def test_a_bad_assertion_is_refused(
    org: httpx.AsyncClient, clock: SteppedClock, changes: dict[str, object], description: str
) -> None:
    refused = await token(org, grant_type=JWT_BEARER, assertion=assertion(clock, **changes))
    assert refused.json() == {"error": "invalid_grant", "error_description": description}


async def test_a_foreign_key_and_nonsense_are_refused(org: httpx.AsyncClient, clock: SteppedClock) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"iss": "client", "sub": "sync@example.com", "aud": "https://login.salesforce.com", "exp": 1772442060}
    for bad in (jwt.encode(claims, stranger, algorithm="RS256"), "nonsense", ""):
        refused = await token(org, grant_type=JWT_BEARER, assertion=bad)
        assert refused.json()["error_description"] == "invalid assertion"


async def test_a_user_whom_nobody_has_approved_is_refused(clock: SteppedClock) -> None:
    async with http(world(clock, approved=False)) as client:
        refused = await token(client, grant_type=JWT_BEARER, assertion=assertion(clock))
        assert refused.json()["error_description"] == "user hasn't approved this consumer"


async def test_my_domain_may_be_an_audience(clock: SteppedClock) -> None:
    async with http(world(clock, SalesforceFacts(takes_my_domain_audience=True))) as client:
        granted = await token(client, grant_type=JWT_BEARER, assertion=assertion(clock, aud=ROOT))
        assert granted.status_code == 200


async def consented(client: httpx.AsyncClient) -> str:
    led = await client.get(CONSENT.address(url=ROOT, client_id="client", redirect_url=BACK))
    assert led.status_code == 302
    return CONSENT.code(led.headers["location"])


async def redeemed(client: httpx.AsyncClient, code: str, **changes: str) -> httpx.Response:
    form = {"client_id": "client", "client_secret": "secret", "code": code, "redirect_uri": BACK}
    return await token(client, grant_type="authorization_code", code_verifier="v" * 43, **{**form, **changes})


async def test_a_persons_consent_leads_to_tokens_once(org: httpx.AsyncClient) -> None:
    code = await consented(org)
    assert (await redeemed(org, code)).json()["refresh_token"].startswith("5Aep")
    assert (await redeemed(org, code)).json()["error_description"] == "expired authorization code"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid code verifier"),
        ({"redirect_uri": "https://evil.example"}, "redirect_uri must match configuration"),
        ({"client_secret": "wrong"}, "invalid client credentials"),
    ],
)
async def test_a_code_is_nothing_without_what_belongs_to_it(
    org: httpx.AsyncClient, changes: dict[str, str], error: str
) -> None:
    form = {"client_id": "client", "client_secret": "secret", "redirect_uri": BACK, "code_verifier": "v" * 43}
    code = await consented(org)
    refused = await token(org, grant_type="authorization_code", code=code, **{**form, **changes})
    assert refused.json()["error_description"] == error


async def test_a_code_ages(org: httpx.AsyncClient, clock: SteppedClock) -> None:
    code = await consented(org)
    await clock.advance(601)
    assert (await redeemed(org, code)).status_code == 400


async def test_nobody_is_led_to_an_address_that_the_client_does_not_have(org: httpx.AsyncClient) -> None:
    asked = CONSENT.address(url=ROOT, client_id="client", redirect_url="https://evil.example")
    assert (await org.get(asked)).status_code == 400
    led = await org.get("/services/oauth2/authorize", params={"client_id": "client", "redirect_uri": BACK})
    assert parse_qs(urlsplit(led.headers["location"]).query)["error"] == ["invalid_request"]


async def test_the_demo_s_client_has_whichever_callback_is_asked_for(salesforce: SalesforceWorld) -> None:
    back = "http://127.0.0.1:8000/connect/salesforce"
    asked = CONSENT.address(url=ROOT, client_id=demo.SALESFORCE_CLIENT.id, redirect_url=back)
    form = {"grant_type": "authorization_code", "code_verifier": "v" * 43, "redirect_uri": back}
    async with http(salesforce) as client:
        led = (await client.get(asked)).headers["location"]
        assert led.startswith(f"{back}?")
        answer = await client.post(
            "/services/oauth2/token", data={**form, "code": CONSENT.code(led)}, auth=demo.SALESFORCE_CLIENT
        )
    assert answer.json()["refresh_token"]


@pytest.mark.parametrize("rotates", [False, True])
async def test_a_refresh_token_may_rotate(clock: SteppedClock, *, rotates: bool) -> None:
    async with http(world(clock, SalesforceFacts(rotates_refresh_tokens=rotates))) as client:
        first = (await redeemed(client, await consented(client))).json()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": first, "client_id": "client", "client_secret": "secret"}
        granted = await token(client, **form)
        assert granted.status_code == 200
        assert ("refresh_token" in granted.json()) is rotates
        assert (await token(client, **form)).status_code == (400 if rotates else 200)


async def test_consent_that_was_taken_back_refreshes_nothing(clock: SteppedClock) -> None:
    org = world(clock)
    async with http(org) as client:
        first = (await redeemed(client, await consented(client))).json()["refresh_token"]
        await client.post("/simulator/consents/revoke")
        form = {"refresh_token": first, "client_id": "client", "client_secret": "secret"}
        refused = await token(client, grant_type="refresh_token", **form)
        assert refused.json()["error_description"] == "expired access/refresh token"
