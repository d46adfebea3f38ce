"""Puts a Salesforce connection together from its settings."""

from collections.abc import Awaitable, Callable

import httpx
from redis.asyncio import Redis

from app.connectors.calls import Calls
from app.connectors.hosts import allow
from app.connectors.http import Api
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore, SharedStore
from app.connectors.rotating_tokens import RotatingAccess
from app.connectors.salesforce.connector import SalesforceConnector
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.salesforce.signin import INSTANCE_HOSTS, SalesforceSignIn
from app.connectors.tokens import Access, AccessSource, SharedAccess
from app.connectors.usage import Meter
from app.engine.credentials import TokenVault, vault_name
from app.engine.ports import Clock
from app.errors import SignInNeeded
from app.mapping.values import System
from app.settings import SalesforceConnection

_AFTERMATH_SECONDS = 5.0
_AT_ONCE = 10
"""Salesforce refuses only long calls beyond 25 at once, 5 in small orgs; ours are short."""
_MINUTE = 6000
"""Salesforce has no limit of the minute; this many is more than ten calls at once ever make."""


def connect(
    name: str,
    settings: SalesforceConnection,
    *,
    client: httpx.AsyncClient,
    clock: Clock,
    vault: TokenVault,
    owner: str,
    quota: Quota,
    limit_seconds: float = 15.0,
    meter: Meter | None = None,
) -> SalesforceConnector:
    """The connection `name`. `owner` names this process to the vault; `limit_seconds` bounds every call, `meter`
    counts what they use.
    """
    access = _access(name, settings, sign_in(name, settings, client, clock), vault, owner, clock)
    dialect = SalesforceDialect(quota, clock)
    api = Api(client, allow(settings.url, *INSTANCE_HOSTS), clock)
    calls = Calls(api, access, dialect, clock, limit_seconds=limit_seconds, meter=meter)
    return SalesforceConnector(calls, dialect, quota, clock, api_version=settings.api_version)


def sign_in(name: str, settings: SalesforceConnection, client: httpx.AsyncClient, clock: Clock) -> SalesforceSignIn:
    """The token service of the connection's org."""
    allowed = allow(settings.url, *INSTANCE_HOSTS)
    return SalesforceSignIn(
        name,
        Api(client, allowed, clock),
        clock,
        url=settings.url,
        org_id=settings.org_id,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        allowed=allowed,
    )


def org_quota(
    settings: SalesforceConnection,
    *,
    redis: Redis | None,
    clock: Clock,
    new_id: Callable[[], str],
    process: str = "",
    processes: int = 1,
    limit_seconds: float = 15.0,
) -> Quota:
    """Our own budget of the org's daily calls, shared through Redis if there is one.

    `process` names this one of the `processes` of ours that call this org: without Redis each keeps to its share.
    `limit_seconds` is that of the calls.
    """
    flight_seconds = limit_seconds + _AFTERMATH_SECONDS
    limits = Limits(minute=_MINUTE, day=settings.daily_limit, at_once=_AT_ONCE, flight_seconds=flight_seconds)
    if redis is None:
        return Quota(LocalStore(limits.share(processes), clock), clock, new_id)
    key = f"crossbook:quota:{{salesforce:{settings.org_id[:15]}:{settings.client_id}}}"
    return Quota(SharedStore(redis, key, limits, clock, process=process, processes=processes), clock, new_id)


def _access(
    name: str, settings: SalesforceConnection, service: SalesforceSignIn, vault: TokenVault, owner: str, clock: Clock
) -> AccessSource:
    if settings.grant == "client_credentials":
        return SharedAccess(service.client_credentials, clock)
    if settings.grant == "jwt_bearer":
        return SharedAccess(_by_assertion(settings, service), clock)
    return RotatingAccess(
        vault_name(System.SALESFORCE, name),
        settings.url,
        "",
        vault=vault,
        refresh=service.refresh,
        owner=owner,
        clock=clock,
    )


def _by_assertion(settings: SalesforceConnection, service: SalesforceSignIn) -> Callable[[float], Awaitable[Access]]:
    return lambda until: service.jwt_bearer(settings.username, settings.login_url, _private_key(settings), until)


def _private_key(settings: SalesforceConnection) -> str:
    """The key in PEM, whichever way it is given. Raises `SignInNeeded` when its file cannot be read."""
    if settings.private_key_file is None:
        return settings.private_key.get_secret_value().replace("\\n", "\n")
    try:
        return settings.private_key_file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SignInNeeded(f"PRIVATE_KEY_FILE cannot be read: {settings.private_key_file}") from error
