"""Xero's limits as the settings of a connection have them: an organisation's, and the app's over all of them."""

from collections.abc import Callable

from redis.asyncio import Redis

from app.connectors.app_quota import AppQuota
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore, SharedStore, Store
from app.engine.ports import Clock
from app.settings import XeroConnection

_AFTERMATH_SECONDS = 5.0
_APP_MINUTE = 10_000


def organisation_quota(
    settings: XeroConnection,
    *,
    redis: Redis | None,
    clock: Clock,
    new_id: Callable[[], str],
    process: str = "",
    processes: int = 1,
    limit_seconds: float = 15.0,
    app: AppQuota | None = None,
) -> Quota:
    """The quota of the app at this organisation, shared through Redis if there is one.

    `process` names this one of the `processes` of ours that call this organisation: without Redis each keeps to its
    share. `limit_seconds` is that of the calls. `app` is what the app shares with its other organisations.
    """
    flight_seconds = limit_seconds + _AFTERMATH_SECONDS
    limits = Limits(day=settings.daily_limit, at_once=settings.at_once, flight_seconds=flight_seconds)
    key = f"crossbook:quota:{{{settings.client_id}:{settings.tenant_id}}}"
    return Quota(_store(key, limits, redis, clock, process, processes), clock, new_id, app)


def app_quota(
    settings: XeroConnection,
    *,
    redis: Redis | None,
    clock: Clock,
    process: str = "",
    processes: int = 1,
    limit_seconds: float = 15.0,
) -> AppQuota:
    """The minute of the app over all its organisations; to be shared by all connections of the app."""
    limits = Limits(minute=_APP_MINUTE, flight_seconds=limit_seconds + _AFTERMATH_SECONDS)
    return AppQuota(_store(f"crossbook:quota:{{{settings.client_id}}}", limits, redis, clock, process, processes))


def _store(key: str, limits: Limits, redis: Redis | None, clock: Clock, process: str, processes: int) -> Store:
    if redis is None:
        return LocalStore(limits.share(processes), clock)
    return SharedStore(redis, key, limits, clock, process=process, processes=processes)
