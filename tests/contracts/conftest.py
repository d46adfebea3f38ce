"""Both simulated systems over real HTTP, and the vendors' own clients, otherwise unmodified."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from simple_salesforce.api import Salesforce
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.identity import IdentityApi

from app.clock import SystemClock
from app.simulator import demo
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.app import xero_app
from app.simulator.xero.world import XeroWorld
from tests.support.served import served

SALESFORCE_USERNAME = "sync@example.com"
SALESFORCE_REDIRECT = "https://login.salesforce.com/services/oauth2/success"


@pytest.fixture
def xero() -> XeroWorld:
    """The truth behind the simulated Xero."""
    return XeroWorld(SystemClock(), uuid4, tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS)


@pytest.fixture
def xero_url(xero: XeroWorld) -> Iterator[str]:
    """Where the simulated Xero answers."""
    with served(xero_app(xero)) as url:
        yield url


@pytest.fixture
def xero_client(xero_url: str, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """Xero's client with the demo's first refresh token, and an access token that has to be renewed."""
    monkeypatch.setattr(TokenApi, "refresh_token_url", f"{xero_url}/connect/token")
    kept = {
        "access_token": "expired",
        "refresh_token": demo.XERO_REFRESH_TOKEN,
        "scope": ["accounting.contacts"],
        "expires_in": 1800,
        "expires_at": 0.0,
        "token_type": "Bearer",
    }
    token = OAuth2Token(demo.XERO_CLIENT.id, demo.XERO_CLIENT.secret)
    client = ApiClient(
        Configuration(oauth2_token=token),
        oauth2_token_getter=lambda: dict(kept),
        oauth2_token_saver=kept.update,
    )
    # its HTTP library would sleep a Retry-After out: hours for the limit of a day
    client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    return client


@pytest.fixture
def accounting(xero_client: ApiClient, xero_url: str) -> AccountingApi:
    """The accounting half of Xero's client."""
    return AccountingApi(xero_client, base_url=f"{xero_url}/api.xro/2.0")


@pytest.fixture
def identity(xero_client: ApiClient, xero_url: str) -> IdentityApi:
    """The identity half of Xero's client."""
    return IdentityApi(xero_client, base_url=xero_url)


@pytest.fixture(scope="session")
def salesforce_key() -> rsa.RSAPrivateKey:
    """The key that assertions are signed with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def salesforce_world(salesforce_key: rsa.RSAPrivateKey) -> SalesforceWorld:
    """The truth behind the simulated Salesforce. Crossbook's client may sign in in every way."""
    public = salesforce_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    person, crossbook = demo.SALESFORCE_CLIENTS
    every_way = replace(crossbook, public_key=public, username=SALESFORCE_USERNAME, redirect_url=SALESFORCE_REDIRECT)
    return SalesforceWorld(SystemClock(), uuid4, org_id=demo.SALESFORCE_ORG_ID, clients=[person, every_way])


class PlainHttp(requests.adapters.HTTPAdapter):
    """Sends what was meant for any https address to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        assert request.url is not None
        request.url = self._url + urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]  # handed through as they came


@pytest.fixture
def salesforce_session(salesforce_world: SalesforceWorld) -> Iterator[requests.Session]:
    """A session whose every https address leads to the simulated Salesforce."""
    with served(salesforce_app(salesforce_world)) as url, requests.Session() as session:
        session.mount("https://", PlainHttp(url))
        yield session


@pytest.fixture
def salesforce(salesforce_session: requests.Session) -> Salesforce:
    """The usual client of Salesforce, signed in by client credentials."""
    return Salesforce(
        consumer_key=demo.SALESFORCE_CLIENT.id,
        consumer_secret=demo.SALESFORCE_CLIENT.secret,
        domain="simulator.my",
        version="66.0",
        session=salesforce_session,
    )
