"""Tokens that nobody uses are renewed every day, so that no connection ends for lack of use."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from app.mapping.values import System
from app.runtime import VendorConnections
from app.settings import Settings, XeroConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import XeroWorld
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock

URL = "http://127.0.0.1"
TENANT = "11111111-2222-4333-8444-555555555555"
DAY = 86_400


@pytest.fixture
def world(clock: VirtualClock) -> XeroWorld:
    app = XeroApp("web", Credentials("web", "hush"), refresh_token="first")
    return XeroWorld(clock, seeded_ids(1), tenant_id=TENANT, apps=[app])


@pytest.fixture
async def vault(database: Database) -> DatabaseTokenVault:
    return DatabaseTokenVault(database, Vault(["a-key-of-thirty-two-characters-or-more"]))


@pytest.fixture
async def connections(
    world: XeroWorld, vault: DatabaseTokenVault, clock: VirtualClock
) -> AsyncIterator[VendorConnections]:
    nz = {"client_id": "web", "client_secret": "hush", "tenant_id": TENANT, "api_url": URL, "identity_url": URL}
    xero = {
        "nz": XeroConnection.model_validate({**nz, "refresh_token": "first"}),
        "never_connected": XeroConnection.model_validate(nz),
        "custom": XeroConnection.model_validate({**nz, "grant": "client_credentials"}),
    }
    redis = Redis(port=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world))) as client:
        yield VendorConnections(Settings(xero=xero), client, redis, vault, clock, "worker")
    await redis.aclose()


async def generation(vault: DatabaseTokenVault, name: str = "xero:nz") -> int:
    kept = await vault.load(name)
    return kept.generation if kept else 0


async def test_the_first_token_of_the_settings_is_put_to_use(
    connections: VendorConnections, vault: DatabaseTokenVault
) -> None:
    await connections.keep_alive()
    assert await generation(vault) == 1
    assert await generation(vault, "xero:never_connected") == 0
    assert await generation(vault, "xero:custom") == 0


async def test_tokens_that_were_used_today_are_left_alone(
    connections: VendorConnections, vault: DatabaseTokenVault, clock: VirtualClock
) -> None:
    await connections.keep_alive()
    clock.advance(DAY - 1)
    await connections.keep_alive()
    assert await generation(vault) == 1
    clock.advance(2)
    await connections.keep_alive()
    assert await generation(vault) == 2


async def test_after_a_year_without_any_work_the_connection_still_stands(
    connections: VendorConnections, world: XeroWorld, vault: DatabaseTokenVault, clock: VirtualClock
) -> None:
    for _ in range(365 // 5 * 2):
        clock.advance(2.5 * DAY)
        await connections.keep_alive()
    kept = await vault.load("xero:nz")
    assert kept
    assert world.identity.access(kept.access_token)
    assert kept.expires_at > clock.now()


async def test_a_token_service_that_is_away_is_asked_again_the_next_time(
    connections: VendorConnections, world: XeroWorld, vault: DatabaseTokenVault, clock: VirtualClock
) -> None:
    await connections.keep_alive()
    clock.advance(2 * DAY)

    async def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    there, connections.client = connections.client, httpx.AsyncClient(transport=httpx.MockTransport(lost))
    await connections.keep_alive()
    assert await generation(vault) == 1
    connections.client = there
    await connections.keep_alive()
    assert await generation(vault) == 2


async def test_a_sign_in_that_is_refused_while_nobody_works_is_noted(
    connections: VendorConnections, world: XeroWorld, clock: VirtualClock
) -> None:
    await connections.keep_alive()
    clock.advance(61 * DAY)
    await connections.keep_alive()
    assert connections.usage.take_sign_ins() == {(System.XERO, "nz"): clock.now()}


async def test_two_processes_renew_once(
    connections: VendorConnections, vault: DatabaseTokenVault, clock: VirtualClock
) -> None:
    await connections.keep_alive()
    clock.advance(2 * DAY)
    other = VendorConnections(
        connections.settings, connections.client, connections.redis, vault, clock, "another-worker"
    )
    await connections.keep_alive()
    await other.keep_alive()
    assert await generation(vault) == 2
