"""The simulated systems as servers of their own."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType
from uuid import uuid4

import httpx
import uvicorn
from starlette.applications import Starlette

from app.engine.ports import Clock
from app.simulator import demo
from app.simulator.pushing import Spawn, Tasks
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.envelopes import standard_webhooks
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.app import xero_app
from app.simulator.xero.world import XeroWorld


@dataclass(frozen=True, slots=True)
class PushUrls:
    """Where the pushes go; a blank address switches one off."""

    xero_webhook: str = ""
    outbound_messages: str = ""
    change_events: str = ""


async def serve(clock: Clock, host: str, *, salesforce_port: int, xero_port: int, push: PushUrls) -> None:
    """Serve both systems, with the ids and secrets of `demo`, until SIGINT or SIGTERM."""
    async with _pushing() as (client, spawn):
        salesforce = salesforce_app(demo_salesforce(clock, client, spawn, push))
        xero = xero_app(demo_xero(clock, client, spawn, push))
        await _until_told(_server(salesforce, host, salesforce_port, dates=False), _server(xero, host, xero_port))


def demo_salesforce(clock: Clock, client: httpx.AsyncClient, spawn: Spawn, push: PushUrls) -> SalesforceWorld:
    """The demo's org: outbound messages for creates and updates, change events for the rest."""
    world = SalesforceWorld(clock, uuid4, org_id=demo.SALESFORCE_ORG_ID, clients=demo.SALESFORCE_CLIENTS)
    if push.outbound_messages:
        world.push_outbound_messages(url=push.outbound_messages, client=client, spawn=spawn)
    if push.change_events:
        sign = standard_webhooks(demo.CHANGE_SECRET)
        world.push_change_events(url=push.change_events, client=client, spawn=spawn, sign=sign)
    return world


def demo_xero(clock: Clock, client: httpx.AsyncClient, spawn: Spawn, push: PushUrls) -> XeroWorld:
    """The demo's organisation."""
    world = XeroWorld(clock, uuid4, tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS)
    if push.xero_webhook:
        world.push_webhooks(url=push.xero_webhook, key=demo.XERO_WEBHOOK_KEY, client=client, spawn=spawn)
    return world


@asynccontextmanager
async def _pushing() -> AsyncIterator[tuple[httpx.AsyncClient, Tasks]]:
    spawn = Tasks()
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            yield client, spawn
        finally:
            await spawn.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_until_told`: two servers share the process."""
        yield


def _server(app: Starlette, host: str, port: int, *, dates: bool = True) -> _Server:
    """`app`, whose answers get a Date, unless it says itself what time it is."""
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=1, date_header=dates
    )
    return _Server(config)


async def _until_told(*servers: _Server) -> None:
    with _stopping_by_signal(servers):
        await asyncio.gather(*(server.serve() for server in servers))


@contextmanager
def _stopping_by_signal(servers: Sequence[_Server]) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form that signals ask for
        for server in servers:
            server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
