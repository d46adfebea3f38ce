"""Xero's own Python client through sign-in, connections and refresh, against the simulated Xero."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import HTTPStatusException
from xero_python.identity import IdentityApi

from app.simulator import demo
from app.simulator.xero.world import Consenting, XeroWorld

AU = "99999999-2222-4333-8444-555555555555"
BACK = "http://localhost:8000/back"


@pytest.fixture
def consented(xero: XeroWorld, xero_url: str, xero_client: ApiClient) -> ApiClient:
    """Xero's client with the tokens of a consent that was given just now, to a second organisation."""
    xero.open_books(AU, "Aussie Branch")
    xero.consenting = Consenting(user="another", tenants=[AU])
    asked = {
        "response_type": "code",
        "client_id": demo.XERO_CLIENT.id,
        "redirect_uri": BACK,
        "scope": "offline_access accounting.contacts accounting.settings.read",
        "state": "s-1",
    }
    with httpx.Client(base_url=xero_url) as browser:
        back = browser.get("/identity/connect/authorize", params=asked).headers["location"]
        code = parse_qs(urlsplit(back).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        granted = browser.post("/connect/token", data=form, auth=demo.XERO_CLIENT).json()
    xero_client.set_oauth2_token({**granted, "scope": granted["scope"].split(), "expires_at": 4_000_000_000.0})
    return xero_client


def test_the_tokens_of_a_consent_reach_its_organisation(consented: ApiClient, xero_url: str) -> None:
    [connection] = IdentityApi(consented, base_url=xero_url).get_connections()
    assert (connection.tenant_id, connection.tenant_name) == (AU, "Aussie Branch")
    accounting = AccountingApi(consented, base_url=f"{xero_url}/api.xro/2.0")
    [organisation] = accounting.get_organisations(AU).organisations
    assert (organisation.organisation_id, organisation.name) == (AU, "Aussie Branch")


def test_a_refresh_brings_another_pair_of_tokens(xero_client: ApiClient, identity: IdentityApi) -> None:
    assert identity.get_connections()
    first = xero_client.get_oauth2_token()
    token: OAuth2Token = xero_client.configuration.oauth2_token
    assert token.refresh_access_token(xero_client)
    second = xero_client.get_oauth2_token()
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]
    assert identity.get_connections()


def test_a_connection_is_let_go(identity: IdentityApi, accounting: AccountingApi) -> None:
    [connection] = identity.get_connections()
    identity.delete_connection(connection.id)
    assert identity.get_connections() == []
    with pytest.raises(HTTPStatusException) as refused:
        accounting.get_contacts(demo.XERO_TENANT_ID)
    assert refused.value.status == 403


def test_a_revoked_sign_in_is_worth_nothing(xero_client: ApiClient, identity: IdentityApi, xero: XeroWorld) -> None:
    assert identity.get_connections()
    xero.identity.revoke_consent(xero.identity.consents[0])
    token: OAuth2Token = xero_client.configuration.oauth2_token
    with pytest.raises(HTTPStatusException):
        token.refresh_access_token(xero_client)
