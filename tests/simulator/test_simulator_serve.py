"""Both systems as one server process, from a person's click to the push."""

import asyncio
import queue
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.cli.ports import free_port
from app.clock import SystemClock
from app.settings import SalesforceConnection, XeroConnection
from app.simulator import demo
from app.simulator.serve import PushUrls, serve
from tests.support.push_receiver import ACK
from tests.support.served import served

PATIENCE_SECONDS = 10


@dataclass
class Arrivals:
    """The paths that pushes arrived at, in order."""

    url: str
    paths: "queue.Queue[str]"

    async def next(self) -> str:
        return await asyncio.to_thread(self.paths.get, timeout=PATIENCE_SECONDS)


@pytest.fixture
def arrivals() -> Iterator[Arrivals]:
    """A receiver that takes every push."""
    paths: queue.Queue[str] = queue.Queue()

    async def receive(request: Request) -> Response:
        await request.body()
        paths.put(request.url.path)
        return Response(ACK) if request.url.path == "/outbound" else Response()

    with served(Starlette(routes=[Route("/{path}", receive, methods=["POST"])])) as url:
        yield Arrivals(url, paths)


@pytest.fixture
async def running(arrivals: Arrivals) -> AsyncIterator[tuple[str, str]]:
    """The addresses of both systems, until SIGTERM."""
    push = PushUrls(f"{arrivals.url}/webhook", f"{arrivals.url}/outbound", f"{arrivals.url}/changes")
    salesforce, xero = free_port(), free_port()
    server = asyncio.create_task(
        serve(SystemClock(), "127.0.0.1", salesforce_port=salesforce, xero_port=xero, push=push)
    )
    yield f"http://127.0.0.1:{salesforce}", f"http://127.0.0.1:{xero}"
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(server, PATIENCE_SECONDS)


@asynccontextmanager
async def signed_in(url: str, path: str) -> AsyncIterator[httpx.AsyncClient]:
    """A person's client."""
    transport = httpx.AsyncHTTPTransport(retries=5)
    async with httpx.AsyncClient(base_url=url, transport=transport, trust_env=False) as http:
        granted = await http.post(path, data={"grant_type": "client_credentials"}, auth=demo.PERSON)
        http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        http.headers["Accept"] = "application/json"
        yield http


async def test_what_people_do_is_pushed(running: tuple[str, str], arrivals: Arrivals) -> None:
    salesforce_url, xero_url = running
    async with signed_in(salesforce_url, "/services/oauth2/token") as salesperson:
        sobjects = "/services/data/v66.0/sobjects/Account"
        created = await salesperson.post(sobjects, json={"Name": "Kea"})
        assert len(created.headers.get_list("date")) == 1
        assert await arrivals.next() == "/outbound"
        await salesperson.delete(f"{sobjects}/{created.json()['id']}")
        assert await arrivals.next() == "/changes"
    async with signed_in(xero_url, "/connect/token") as bookkeeper:
        await bookkeeper.put("/api.xro/2.0/Contacts", json={"Name": "Kea"})
        assert await arrivals.next() == "/webhook"


def under(names: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The settings below `prefix`, by their field names."""
    return {name.removeprefix(prefix).lower(): value for name, value in names.items() if name.startswith(prefix)}


def test_the_demo_settings_fit_the_connections() -> None:
    names = demo.environment(salesforce="main", salesforce_url="http://s", xero="nz", xero_url="http://x")
    salesforce = SalesforceConnection.model_validate(under(names, "SALESFORCE__MAIN__"))
    xero = XeroConnection.model_validate(under(names, "XERO__NZ__"))
    assert salesforce.org_id == demo.SALESFORCE_ORG_ID
    assert (xero.tenant_id, xero.identity_url, xero.daily_limit) == (demo.XERO_TENANT_ID, "http://x", 5000)
    assert len(demo.XERO_WEBHOOK_KEY) == 88


def test_the_guide_tells_the_ids_and_secrets_as_they_are() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    urls = {"salesforce_url": "http://127.0.0.1:8010", "xero_url": "http://127.0.0.1:8020"}
    names = dict(demo.environment(salesforce="main", xero="main", **urls))
    del names["SALESFORCE__MAIN__CHANGE_API_KEYS"]  # a relay may send it instead of signing; the simulated one signs
    for name, value in names.items():
        assert f"{name}={value}" in guide
    assert f"CLIENT_ID={demo.XERO_CUSTOM_CLIENT.id}` and `CLIENT_SECRET={demo.XERO_CUSTOM_CLIENT.secret}`" in guide
