"""Puts a Xero connection together from its settings."""

import httpx

from app.connectors.calls import Calls
from app.connectors.hosts import allow
from app.connectors.http import Api
from app.connectors.quota import Quota
from app.connectors.rotating_tokens import RotatingAccess
from app.connectors.tokens import AccessSource, SharedAccess
from app.connectors.usage import Meter
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.connector import XeroConnector
from app.connectors.xero.dialect import XeroDialect
from app.connectors.xero.signin import XeroSignIn
from app.engine.credentials import TokenVault, vault_name
from app.engine.ports import Clock
from app.mapping.values import System
from app.settings import XeroConnection

_AFTERMATH_SECONDS = 5.0


def connect(
    name: str,
    settings: XeroConnection,
    *,
    client: httpx.AsyncClient,
    clock: Clock,
    access: AccessSource,
    quota: Quota,
    limit_seconds: float = 15.0,
    meter: Meter | None = None,
) -> XeroConnector:
    """The connection `name`. `limit_seconds` bounds every call, `meter` counts what they use."""
    api = Api(client, allow(settings.api_url), clock)
    dialect = XeroDialect(name, settings.tenant_id, quota, clock, XeroConnections(api, settings.api_url))
    calls = Calls(api, access, dialect, clock, limit_seconds=limit_seconds, meter=meter)
    return XeroConnector(calls, quota, clock)


def access_to(
    name: str, settings: XeroConnection, *, client: httpx.AsyncClient, clock: Clock, vault: TokenVault, owner: str
) -> AccessSource:
    """How the connection `name` signs in. `owner` names this process to the vault."""
    if settings.grant == "client_credentials":
        return SharedAccess(sign_in(name, settings, client, clock).client_credentials, clock)
    return rotating_access(name, settings, client=client, clock=clock, vault=vault, owner=owner)


def rotating_access(
    name: str, settings: XeroConnection, *, client: httpx.AsyncClient, clock: Clock, vault: TokenVault, owner: str
) -> RotatingAccess:
    """The refresh tokens of the web app's connection `name`."""
    return RotatingAccess(
        vault_name(System.XERO, name),
        settings.api_url,
        settings.refresh_token.get_secret_value(),
        vault=vault,
        refresh=sign_in(name, settings, client, clock).refresh,
        owner=owner,
        clock=clock,
    )


def sign_in(name: str, settings: XeroConnection, client: httpx.AsyncClient, clock: Clock) -> XeroSignIn:
    """The token service, as the connection `name` uses it."""
    return XeroSignIn(
        Api(client, allow(settings.identity_url), clock),
        clock,
        connection=name,
        identity_url=settings.identity_url,
        api_url=settings.api_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        scopes=settings.scopes,
    )
