"""Puts a Salesforce connection together from its settings."""

import httpx

from app.connectors.calls import Calls
from app.connectors.hosts import allow
from app.connectors.http import Api
from app.connectors.salesforce.connector import SalesforceConnector
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.salesforce.signin import INSTANCE_HOSTS, SalesforceSignIn
from app.connectors.tokens import SharedAccess
from app.connectors.usage import Meter
from app.engine.ports import Clock
from app.settings import SalesforceConnection


def connect(
    settings: SalesforceConnection,
    *,
    client: httpx.AsyncClient,
    clock: Clock,
    limit_seconds: float = 15.0,
    meter: Meter | None = None,
) -> SalesforceConnector:
    """The connection to one org. `limit_seconds` bounds every call, `meter` counts what they use."""
    allowed = allow(settings.url, *INSTANCE_HOSTS)
    api = Api(client, allowed, clock)
    sign_in = SalesforceSignIn(
        api,
        url=settings.url,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        allowed=allowed,
    )
    access = SharedAccess(sign_in.client_credentials, clock)
    calls = Calls(api, access, SalesforceDialect(clock), clock, limit_seconds=limit_seconds, meter=meter)
    return SalesforceConnector(calls, clock, api_version=settings.api_version)
