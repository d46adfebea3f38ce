"""Both simulated systems in this process, under a clock that the test steps."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.pushing import Tasks
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.app import xero_app
from app.simulator.xero.world import XeroWorld
from tests.support.push_receiver import PushReceiver
from tests.support.stepped_clock import SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    """A clock whose sleepers wake only when the test lets time pass."""
    return SteppedClock()


@pytest.fixture
async def spawn() -> AsyncIterator[Tasks]:
    """The background tasks of the test."""
    tasks = Tasks()
    yield tasks
    await tasks.close()


@pytest.fixture
def receiver() -> PushReceiver:
    """Where pushes arrive."""
    return PushReceiver()


@pytest.fixture
def xero(clock: SteppedClock) -> XeroWorld:
    """A simulated Xero with the demo's ids and secrets."""
    return XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS)


@pytest.fixture
async def xero_http(xero: XeroWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Crossbook's calls to the simulated Xero, signed in."""
    transport = httpx.ASGITransport(xero_app(xero))
    async with httpx.AsyncClient(transport=transport, base_url="http://xero.test") as http:
        form = {"grant_type": "refresh_token", "refresh_token": demo.XERO_REFRESH_TOKEN}
        granted = await http.post("/connect/token", data=form, auth=demo.XERO_CLIENT)
        http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        http.headers["Xero-tenant-id"] = demo.XERO_TENANT_ID
        http.headers["Accept"] = "application/json"
        yield http


@pytest.fixture
def salesforce(clock: SteppedClock) -> SalesforceWorld:
    """A simulated Salesforce with the demo's ids and secrets."""
    return SalesforceWorld(clock, seeded_ids(2), org_id=demo.SALESFORCE_ORG_ID, clients=demo.SALESFORCE_CLIENTS)


@pytest.fixture
async def salesforce_http(salesforce: SalesforceWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Crossbook's calls to the simulated Salesforce, signed in, below the API's root."""
    transport = httpx.ASGITransport(salesforce_app(salesforce))
    async with httpx.AsyncClient(transport=transport, base_url="http://salesforce.test") as http:
        form = {"grant_type": "client_credentials"}
        granted = await http.post("/services/oauth2/token", data=form, auth=demo.SALESFORCE_CLIENT)
        http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        http.base_url = httpx.URL("http://salesforce.test/services/data/v66.0/")
        yield http
