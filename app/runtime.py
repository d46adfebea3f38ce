"""The one place where real things are chosen: database, Redis, HTTP, clock, connectors."""

import asyncio
import os
import random
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import unquote
from uuid import uuid4

import httpx
import structlog
from redis.asyncio import Redis

from app import accounts
from app.clock import SystemClock
from app.connectors.app_quota import AppQuota
from app.connectors.rotating_tokens import RotatingAccess
from app.connectors.salesforce.connect import connect as connect_salesforce
from app.connectors.salesforce.connect import org_quota
from app.connectors.traced import TracedTransport, traced
from app.connectors.usage import Meter, Usage
from app.connectors.xero.connect import access_to as access_to_xero
from app.connectors.xero.connect import connect as connect_xero
from app.connectors.xero.connect import rotating_access
from app.connectors.xero.quotas import app_quota, organisation_quota
from app.engine.credentials import TokenVault
from app.engine.events import Routes
from app.engine.lane import Lane
from app.engine.ports import Clock, Connector
from app.engine.records import System
from app.engine.wholes import WholeReader
from app.errors import ConfigurationError, SignInNeeded, StoreUnavailable, VendorError
from app.jobs import Doorbell, QueueDoorbell, connect
from app.log import told
from app.mapping.model import Sync
from app.settings import Settings, XeroConnection
from app.store import usage as used
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from app.tracing import NOBODY_LISTENS, Tracer

IDLE = timedelta(days=1)
"""How long tokens may go unused before they are renewed; Xero ends them after 60 days."""

KEEP_ALIVE_SECONDS = 15.0
"""Longest that the renewal of one connection's tokens may take."""

log = structlog.get_logger("runtime")


class Connections(Protocol):
    """The connections to the vendors, by their names in the settings."""

    def get(self, system: System, name: str) -> Connector:
        """The connection `name` to `system`."""
        ...

    async def keep_alive(self) -> None:
        """Renew tokens that nobody has used for a day, so that they never end for lack of use."""
        ...


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every process works with. `Runtime.open` chooses the real things; a test may choose others."""

    settings: Settings
    database: Database
    syncs: Mapping[str, Sync]
    connections: Connections
    doorbell: Doorbell
    clock: Clock
    worker: str
    new_id: Callable[[], str]
    chance: Callable[[], float]
    usage: Usage = field(default_factory=Usage)
    tracer: Tracer = NOBODY_LISTENS
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    async def open(cls, settings: Settings) -> "Runtime":
        """The runtime of this process, on a migrated database. Raises `ConfigurationError`."""
        async with AsyncExitStack() as opening:
            syncs = accounts.configured_syncs(settings)
            database = await Database.open(settings.database_url)
            opening.push_async_callback(database.close)
            await database.migrate()
            doorbell = QueueDoorbell(connect(settings.redis_url), _new_id)
            opening.push_async_callback(doorbell.close)
            clock, worker = SystemClock(), settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"
            tracer = open_tracer(settings, worker)
            opening.push_async_callback(asyncio.to_thread, tracer.close)
            usage = Usage()
            opening.push_async_callback(put_down, database, usage)
            connections = await _connections(settings, database, clock, worker, usage, tracer, opening)
            return cls(
                settings=settings,
                database=database,
                syncs=syncs,
                connections=connections,
                doorbell=doorbell,
                clock=clock,
                worker=worker,
                new_id=_new_id,
                chance=random.SystemRandom().random,
                usage=usage,
                tracer=tracer,
                closing=opening.pop_all(),
            )

    async def close(self) -> None:
        """Let go of everything, the last opened first."""
        await self.closing.aclose()

    @property
    def lanes(self) -> Mapping[str, Lane]:
        """All lanes of all syncs by name."""
        return {
            name: Lane(name, sync, mappings) for sync in self.syncs.values() for name, mappings in sync.lanes().items()
        }

    @property
    def routes(self) -> Routes:
        """Which lanes an event concerns."""
        return accounts.routes(self.settings, self.syncs)

    def connectors(self, sync: Sync) -> Mapping[System, Connector]:
        """The two connections of a sync, which show its records together with their parts."""
        named = {system: self.connections.get(system, sync.connection(system)) for system in System}
        return {system: WholeReader(traced(one, self.tracer), sync) for system, one in named.items()}


@dataclass(slots=True)
class VendorConnections:
    """Real connections over HTTP, made when first asked for and then shared: one sign-in and one quota each."""

    settings: Settings
    client: httpx.AsyncClient
    redis: Redis | None
    vault: TokenVault
    clock: Clock
    owner: str
    usage: Usage = field(default_factory=Usage)
    apps: dict[str, AppQuota] = field(default_factory=dict[str, AppQuota])
    made: dict[tuple[System, str], Connector] = field(default_factory=dict[tuple[System, str], Connector])

    def get(self, system: System, name: str) -> Connector:
        if (system, name) not in self.made:
            self.made[system, name] = self._salesforce(name) if system is System.SALESFORCE else self._xero(name)
        return self.made[system, name]

    async def keep_alive(self) -> None:
        for name, settings in self.settings.xero.items():
            if settings.grant == "refresh_token":
                access = rotating_access(
                    name, settings, client=self.client, clock=self.clock, vault=self.vault, owner=self.owner
                )
                await _kept_alive(f"xero {name}", access, self.usage.meter(System.XERO, name), self.clock)

    def _salesforce(self, name: str) -> Connector:
        one = self.settings.salesforce[name]
        quota = org_quota(
            one,
            redis=self.redis,
            clock=self.clock,
            new_id=_new_id,
            process=self.owner,
            processes=self.settings.worker_processes,
            limit_seconds=self.settings.call_timeout_seconds,
        )
        return connect_salesforce(
            name,
            one,
            client=self.client,
            clock=self.clock,
            vault=self.vault,
            owner=self.owner,
            quota=quota,
            limit_seconds=self.settings.call_timeout_seconds,
            meter=self.usage.meter(System.SALESFORCE, name),
        )

    def _xero(self, name: str) -> Connector:
        one: XeroConnection = self.settings.xero[name]
        access = access_to_xero(name, one, client=self.client, clock=self.clock, vault=self.vault, owner=self.owner)
        quota = organisation_quota(
            one,
            redis=self.redis,
            clock=self.clock,
            new_id=_new_id,
            process=self.owner,
            processes=self.settings.worker_processes,
            limit_seconds=self.settings.call_timeout_seconds,
            app=self._app_quota(one),
        )
        return connect_xero(
            name,
            one,
            client=self.client,
            clock=self.clock,
            access=access,
            quota=quota,
            limit_seconds=self.settings.call_timeout_seconds,
            meter=self.usage.meter(System.XERO, name),
        )

    def _app_quota(self, one: XeroConnection) -> AppQuota:
        """What all connections of one Xero app share."""
        if one.client_id not in self.apps:
            self.apps[one.client_id] = app_quota(
                one,
                redis=self.redis,
                clock=self.clock,
                process=self.owner,
                processes=self.settings.worker_processes,
                limit_seconds=self.settings.call_timeout_seconds,
            )
        return self.apps[one.client_id]


async def _kept_alive(name: str, access: RotatingAccess, meter: Meter, clock: Clock) -> None:
    """Renew the tokens if nobody has for a day; what hinders is told, and tried again the next time."""
    until = asyncio.get_running_loop().time() + KEEP_ALIVE_SECONDS
    try:
        if await access.keep_alive(IDLE, until):
            log.info("tokens.kept_alive", connection=name)
    except (VendorError, StoreUnavailable) as error:
        log.warning("tokens.not_kept_alive", connection=name, **told(error))
        if isinstance(error, SignInNeeded):
            meter.refused(clock.now())


def open_tracer(settings: Settings, process: str) -> Tracer:
    """Who listens to `process`: nobody, unless the settings name a collector. Raises `ConfigurationError`."""
    if not settings.otel_exporter_otlp_endpoint:
        return NOBODY_LISTENS
    try:
        from app.otel import OtelTracer, otlp  # noqa: PLC0415 - an extra, which need not be installed
    except ImportError:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: pip install 'crossbook[otel]'"
        ) from None
    headers = (each.get_secret_value().partition("=") for each in settings.otel_exporter_otlp_headers)
    named = {name.strip(): unquote(value.strip()) for name, _, value in headers}
    return OtelTracer.exporting(otlp(settings.otel_exporter_otlp_endpoint, named), process)


async def _connections(
    settings: Settings,
    database: Database,
    clock: Clock,
    owner: str,
    usage: Usage,
    tracer: Tracer,
    opening: AsyncExitStack,
) -> Connections:
    transport = TracedTransport(httpx.AsyncHTTPTransport(trust_env=False), tracer) if tracer.listens else None
    client = await opening.enter_async_context(
        httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False)
    )
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=1.0)
    opening.push_async_callback(redis.aclose)
    vault = DatabaseTokenVault(database, Vault(settings.secret_keys))
    return VendorConnections(settings, client, redis, vault, clock, owner, usage)


async def put_down(database: Database, usage: Usage) -> None:
    """Move what was counted and noted into the database; what it does not take is kept for the next time."""
    tallies, sign_ins = usage.take(), usage.take_sign_ins()
    if not tallies and not sign_ins:
        return
    try:
        await database.run(lambda conn: used.put_down(conn, tallies, sign_ins))
    except StoreUnavailable:
        usage.put_back(tallies)
        usage.put_back_sign_ins(sign_ins)


def _new_id() -> str:
    return uuid4().hex
