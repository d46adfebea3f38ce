"""Signing in to Salesforce in every way, for the right organisation, and going nowhere else afterwards."""

from urllib.parse import parse_qsl

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.connectors.hosts import allow
from app.connectors.salesforce.signin import INSTANCE_HOSTS, SalesforceSignIn
from app.errors import CrossbookError, Doubtful, SignInNeeded, Unreachable
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, Line, Script, answer, api, plain, soon
from tests.support.clock import VirtualClock

ORG, USER = "00D5Y000001MPM7UAO", "0055g0000000002AAA"
GRANTED: dict[str, Json] = {
    "access_token": "00D!x",
    "instance_url": "https://example.my.salesforce.com/",
    "id": f"https://login.salesforce.com/id/{ORG}/{USER}",
}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def sign_in(script: Script, clock: VirtualClock, *, org_id: str = ORG, secret: str = "hush") -> SalesforceSignIn:
    return SalesforceSignIn(
        "main",
        api(script, clock),
        clock,
        url=ROOT,
        org_id=org_id,
        client_id="client",
        client_secret=secret,
        allowed=allow(ROOT, *INSTANCE_HOSTS),
    )


def sent(script: Script) -> dict[str, str]:
    return dict(parse_qsl(script.requests[0].content.decode()))


async def test_the_access_goes_to_the_instance_and_has_no_known_end(clock: VirtualClock) -> None:
    script = Script(answer(200, GRANTED))
    access = await sign_in(script, clock).client_credentials(soon())
    assert (access.token, access.url, access.stale_at) == ("00D!x", "https://example.my.salesforce.com", None)
    assert access.user == USER
    assert script.requests[0].url.path == "/services/oauth2/token"
    assert sent(script) == {"grant_type": "client_credentials", "client_id": "client", "client_secret": "hush"}


async def test_an_assertion_is_signed_and_lives_less_than_three_minutes(
    clock: VirtualClock, key: rsa.RSAPrivateKey
) -> None:
    script = Script(answer(200, GRANTED))
    service = sign_in(script, clock, secret="")
    access = await service.jwt_bearer("sync@example.com", "https://login.salesforce.com", pem(key), soon())
    assert (access.token, access.user) == ("00D!x", USER)
    form = sent(script)
    assert set(form) == {"grant_type", "assertion"}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form["assertion"],
        key.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert (claims["iss"], claims["sub"]) == ("client", "sync@example.com")
    assert 60 <= claims["exp"] - clock.now().timestamp() <= 180


@pytest.mark.parametrize("bad", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
async def test_a_key_that_is_none_is_named_and_never_shown(clock: VirtualClock, bad: str) -> None:
    with pytest.raises(SignInNeeded, match="PRIVATE_KEY") as refused:
        await sign_in(Script(), clock).jwt_bearer("u", "a", bad, soon())
    assert "AAAA" not in str(refused.value)


async def test_a_code_is_traded_for_tokens_with_its_verifier(clock: VirtualClock) -> None:
    script = Script(answer(200, {**GRANTED, "refresh_token": "5Aep"}))
    granted = await sign_in(script, clock).exchange("code-1", "verifier-1", "https://back.example", soon())
    assert (granted.access_token, granted.refresh_token, granted.user) == ("00D!x", "5Aep", USER)
    assert granted.expires_at > clock.now()
    assert sent(script) == {
        "grant_type": "authorization_code",
        "code": "code-1",
        "code_verifier": "verifier-1",
        "redirect_uri": "https://back.example",
        "client_id": "client",
        "client_secret": "hush",
    }


@pytest.mark.parametrize(("told", "kept"), [("new", "new"), (None, "old")])
async def test_a_refresh_token_stays_in_use_where_it_does_not_rotate(
    clock: VirtualClock, told: str | None, kept: str
) -> None:
    script = Script(answer(200, {**GRANTED, **({"refresh_token": told} if told else {})}))
    granted = await sign_in(script, clock).refresh("old", soon())
    assert granted.refresh_token == kept
    assert sent(script)["refresh_token"] == "old"


async def test_a_refresh_whose_answer_is_lost_is_in_doubt(clock: VirtualClock) -> None:
    with pytest.raises(Doubtful):
        await sign_in(Script(httpx.ReadError("reset")), clock).refresh("old", soon())


@pytest.mark.parametrize("org_id", [ORG, ORG[:15]])
async def test_the_organisation_of_the_settings_may_be_spelled_either_way(clock: VirtualClock, org_id: str) -> None:
    access = await sign_in(Script(answer(200, GRANTED)), clock, org_id=org_id).client_credentials(soon())
    assert access.user == USER


async def test_another_organisation_is_refused_by_name(clock: VirtualClock) -> None:
    other = "00D0000000000zzEAA"
    with pytest.raises(SignInNeeded, match=f"{ORG}, not to {other}: .*ORG_ID"):
        await sign_in(Script(answer(200, GRANTED)), clock, org_id=other).client_credentials(soon())


async def test_an_answer_that_names_nobody_is_taken_without_a_user(clock: VirtualClock) -> None:
    nameless = {name: value for name, value in GRANTED.items() if name != "id"}
    assert (await sign_in(Script(answer(200, nameless)), clock).client_credentials(soon())).user == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (answer(401, {"error": "invalid_client"}), SignInNeeded),
        (answer(200, {**GRANTED, "instance_url": "https://evil.example"}), SignInNeeded),
        (answer(200, {**GRANTED, "instance_url": "http://example.my.salesforce.com"}), SignInNeeded),
        (answer(200, {"access_token": "x"}), SignInNeeded),
        (answer(200, {"instance_url": ROOT}), Unreachable),
        (answer(400, {"error": "unknown_error", "error_description": "retry your request"}), Unreachable),
        (answer(400, {"error": "invalid_grant", "error_description": "login rate exceeded"}), Unreachable),
        (plain(429), Unreachable),
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


@pytest.mark.parametrize(
    ("error", "description", "remedy"),
    [
        ("invalid_grant", "user hasn't approved this consumer", "pre-authorised"),
        ("invalid_grant", "no client credentials user enabled", "run-as user"),
        ("invalid_grant", "request not supported on this domain", "My Domain"),
        ("invalid_grant", "audience is invalid", "LOGIN_URL"),
        ("invalid_grant", "inactive user", "activate it"),
        ("invalid_grant", "user is frozen", "unfreeze"),
        ("invalid_grant", "ip restricted", "IP restrictions"),
        ("invalid_grant", "expired access/refresh token", r"crossbook connect salesforce main \("),
        ("invalid_grant", "invalid assertion", "certificate"),
        ("invalid_client_id", "client identifier invalid", "CLIENT_ID"),
        ("invalid_client", "invalid client credentials", "CLIENT_SECRET"),
        ("unsupported_grant_type", "grant type not supported", "enable the flow"),
        ("invalid_grant", "", "run-as user"),
        ("brand_new", "", "run-as user"),
    ],
)
async def test_a_refused_sign_in_names_its_remedy(
    clock: VirtualClock, error: str, description: str, remedy: str
) -> None:
    script = Script(answer(400, {"error": error, "error_description": description}))
    with pytest.raises(SignInNeeded, match=remedy) as refused:
        await sign_in(script, clock).client_credentials(soon())
    assert error in str(refused.value)
