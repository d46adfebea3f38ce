"""The usual Python client of Salesforce, signed in in every way, and signing in anew when its session ends."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from app.connectors.salesforce.consent import Consent
from app.simulator import demo
from app.simulator.salesforce.world import SalesforceWorld
from tests.contracts.conftest import SALESFORCE_REDIRECT, SALESFORCE_USERNAME

TOKENS = "https://simulator.my.salesforce.com/services/oauth2/token"


def asserted(session: requests.Session, key: rsa.RSAPrivateKey, username: str = SALESFORCE_USERNAME) -> Salesforce:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Salesforce(
        username=username,
        consumer_key=demo.SALESFORCE_CLIENT.id,
        privatekey=pem,
        domain="login",
        version="66.0",
        session=session,
    )


def test_an_assertion_signs_in_again_and_again(
    salesforce_session: requests.Session, salesforce_key: rsa.RSAPrivateKey, salesforce_world: SalesforceWorld
) -> None:
    client = asserted(salesforce_session, salesforce_key)
    salesforce_world.people.create("Account", {"Name": "Kea"})
    assert client.query("SELECT Name FROM Account")["totalSize"] == 1
    salesforce_world.revoke_tokens()
    assert client.query("SELECT Name FROM Account")["totalSize"] == 1


def test_a_user_whom_nobody_has_approved_is_told_so(
    salesforce_session: requests.Session, salesforce_key: rsa.RSAPrivateKey
) -> None:
    refused = pytest.raises(SalesforceAuthenticationFailed, match="hasn't approved this consumer")
    with pytest.warns(UserWarning, match="need to authorize"), refused:
        asserted(salesforce_session, salesforce_key, "stranger@example.com")


def test_a_wrong_secret_is_told_so(salesforce_session: requests.Session) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(
            consumer_key=demo.SALESFORCE_CLIENT.id,
            consumer_secret="wrong",
            domain="simulator.my",
            session=salesforce_session,
        )


def test_a_persons_consent_and_its_refresh_token_give_the_client_sessions(
    salesforce_session: requests.Session, salesforce_world: SalesforceWorld
) -> None:
    consent = Consent("v" * 43, "state-1")
    address = consent.address(
        url="https://simulator.my.salesforce.com",
        client_id=demo.SALESFORCE_CLIENT.id,
        redirect_url=SALESFORCE_REDIRECT,
    )
    led = salesforce_session.get(address, allow_redirects=False).headers["Location"]
    assert parse_qs(urlsplit(led).query)["state"] == ["state-1"]
    us = {"client_id": demo.SALESFORCE_CLIENT.id, "client_secret": demo.SALESFORCE_CLIENT.secret}
    redeemed = {"code": consent.code(led), "code_verifier": consent.verifier, "redirect_uri": SALESFORCE_REDIRECT}
    granted = salesforce_session.post(TOKENS, {"grant_type": "authorization_code", **us, **redeemed}).json()

    def client(token: str) -> Salesforce:
        return Salesforce(
            session_id=token, instance="simulator.my.salesforce.com", version="66.0", session=salesforce_session
        )

    assert client(granted["access_token"]).query("SELECT Id FROM Account")["totalSize"] == 0
    salesforce_world.revoke_tokens()
    with pytest.raises(SalesforceExpiredSession):
        client(granted["access_token"]).query("SELECT Id FROM Account")
    refresh = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = salesforce_session.post(TOKENS, {**refresh, **us}).json()
    assert client(renewed["access_token"]).query("SELECT Id FROM Account")["totalSize"] == 0
