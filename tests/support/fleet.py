"""Crossbook as on several machines: web and worker processes beside one another, whose vendors answer over HTTP.

The vendors are simulated in this process and served by its loop, so a test may look at them and lend them a hand.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import httpx
import psutil
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.cli.demo.stage import crossbook
from app.cli.ports import HOST, free_port
from app.cli.processes import LoggedChild, start
from app.cli.run import WORKER_GRACE_SECONDS
from app.clock import SystemClock
from app.simulator.pushing import Tasks
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.envelopes import standard_webhooks
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.xero.app import xero_app
from app.simulator.xero.facts import XeroFacts
from tests.support import world
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.xero import SimulatedXero, SimulatedXeroApp

SECRET_KEY = "k" * 32
START_SECONDS = 60.0
"""Far longer than a process takes to start on a machine that has nothing else to do."""


@dataclass(frozen=True, slots=True)
class Vendors:
    """An org and an organisation between which one sync carries, both behind connections of the sync's name."""

    sync: str
    salesforce: SimulatedSalesforce
    xero: SimulatedXero

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings of both connections."""
        org, organisation = self.salesforce.settings, self.xero.settings
        name = self.sync.upper()
        return {
            f"SALESFORCE__{name}__URL": org.url,
            f"SALESFORCE__{name}__CLIENT_ID": org.client_id,
            f"SALESFORCE__{name}__CLIENT_SECRET": org.client_secret.get_secret_value(),
            f"SALESFORCE__{name}__ORG_ID": org.org_id,
            f"SALESFORCE__{name}__OUTBOUND_SECRETS": org.outbound_secrets[0].get_secret_value(),
            f"SALESFORCE__{name}__CHANGE_SECRETS": org.change_secrets[0].get_secret_value(),
            f"XERO__{name}__CLIENT_ID": organisation.client_id,
            f"XERO__{name}__CLIENT_SECRET": organisation.client_secret.get_secret_value(),
            f"XERO__{name}__TENANT_ID": organisation.tenant_id,
            f"XERO__{name}__REFRESH_TOKEN": organisation.refresh_token.get_secret_value(),
            f"XERO__{name}__API_URL": organisation.api_url,
            f"XERO__{name}__IDENTITY_URL": organisation.identity_url,
            f"XERO__{name}__WEBHOOK_KEYS": organisation.webhook_keys[0].get_secret_value(),
        }


@dataclass(slots=True)
class Fleet:
    """The processes, all with the same `environment`, and the vendors. `folder` holds sync files and logs."""

    folder: Path
    environment: dict[str, str]
    vendors: Sequence[Vendors]
    processes: dict[str, LoggedChild] = field(default_factory=dict[str, LoggedChild])
    ports: dict[str, int] = field(default_factory=dict[str, int])

    def start_worker(self, name: str) -> None:
        """Start a worker process."""
        self._start(name, "worker")

    def start_web(self, name: str) -> None:
        """Start a web process, where it was before if it has been started before."""
        port = self.ports.setdefault(name, free_port())
        self._start(name, "serve", "--port", str(port))

    def start_run(self, name: str) -> None:
        """Start `crossbook run`: a web process and a worker under one roof."""
        port = self.ports.setdefault(name, free_port())
        self._start(name, "run", environment={"PORT": str(port), "DATA_DIR": str(self.folder / name)})

    def pid(self, name: str) -> int:
        """The process itself, without its guardian."""
        (child,) = psutil.Process(self.processes[name].guardian.pid).children()
        return int(child.pid)

    def said(self, name: str, words: str) -> bool:
        """Whether a process has logged `words`."""
        return words in self.processes[name].log.read_text(encoding="utf-8")

    async def ready(self, *names: str) -> None:
        """Wait until these workers work, or until these web processes would keep an event."""
        for name in names:
            ready = self._keeps if name in self.ports else self._works
            await until(partial(ready, name), START_SECONDS)

    async def stop(self) -> None:
        """Stop all processes at once, while the vendors go on answering."""
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in self.processes.values()))

    def kill(self, name: str) -> None:
        """End a process as a power cut does."""
        psutil.Process(self.pid(name)).kill()
        self.processes[name].stop()

    def _start(self, name: str, *command: str, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self.processes[name] = start(
            name,
            crossbook(*command),
            environment={**self.environment, **environment},
            folder=self.folder,
            grace_seconds=WORKER_GRACE_SECONDS,
        )

    async def _works(self, name: str) -> bool:
        return self.said(name, "worker.ready")

    async def _keeps(self, name: str) -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://{HOST}:{self.ports[name]}/readyz", timeout=3)).is_success
            except httpx.TransportError:
                return False


class Balancer:
    """What stands before the web processes: each push goes to the next of them, and past one that is not there."""

    def __init__(self, fleet: Fleet, client: httpx.AsyncClient) -> None:
        self._fleet = fleet
        self._client = client
        self._turn = 0
        self.carried: list[str] = []

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._pass_on, methods=["POST"])])

    async def _pass_on(self, request: Request) -> Response:
        body = await request.body()
        names = list(self._fleet.ports)
        self._turn += 1
        for name in names[self._turn % len(names) :] + names[: self._turn % len(names)]:
            url = f"http://{HOST}:{self._fleet.ports[name]}{request.url.path}"
            try:
                answer = await self._client.post(url, content=body, headers=_headers(request), timeout=10)
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                return Response(status_code=502)
            self.carried.append(name)
            return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
        return Response(status_code=502)


def _headers(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}


@asynccontextmanager
async def fleet(folder: Path, syncs: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Fleet]:
    """The vendors of `syncs`, served, and no process yet; what was started is stopped when the block ends."""
    async with AsyncExitStack() as running:
        vendors = [_vendors(number, name) for number, name in enumerate(syncs)]
        (folder / "syncs").mkdir()
        for each in vendors:
            (folder / "syncs" / f"{each.sync}.yaml").write_text(_sync_file(each.sync), encoding="utf-8")
            await running.enter_async_context(served_here(salesforce_app(each.salesforce.world), each.salesforce.port))
            port = httpx.URL(each.xero.at.address).port
            assert port
            await running.enter_async_context(served_here(xero_app(each.xero.world), port))
        connections = {name: value for each in vendors for name, value in each.environment.items()}
        ours = {"PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
        common = {**ours, "SYNC_DIR": str(folder / "syncs"), "SECRET_KEYS": SECRET_KEY}
        built = Fleet(folder, {**common, **connections, **environment}, vendors)
        running.push_async_callback(built.stop)
        yield built


@asynccontextmanager
async def pushing(fleet: Fleet) -> AsyncIterator[Balancer]:
    """Let the vendors push to the web processes in turns until the block ends."""
    spawn, port = Tasks(), free_port()
    async with httpx.AsyncClient(trust_env=False) as client:
        balancer = Balancer(fleet, client)
        async with served_here(balancer.app, port):
            root = f"http://{HOST}:{port}/webhooks"
            for each in fleet.vendors:
                org, app = each.salesforce, each.xero.at
                app.world.push_webhooks(url=f"{root}/xero", key=app.webhook_key, client=client, spawn=spawn)
                outbound = f"{root}/salesforce/outbound/{org.outbound_secret}"
                org.world.push_outbound_messages(url=outbound, client=client, spawn=spawn)
                sign = standard_webhooks(org.change_secret)
                changes = f"{root}/salesforce/changes"
                org.world.push_change_events(url=changes, client=client, spawn=spawn, sign=sign)
            try:
                yield balancer
            finally:
                await spawn.close()


@asynccontextmanager
async def served_here(app: Starlette, port: int) -> AsyncIterator[None]:
    """`app` answers on `port`, from this very loop, until the block ends."""
    listener = socket.create_server((HOST, port))
    config = uvicorn.Config(app, log_level="warning", lifespan="off", date_header=False, timeout_graceful_shutdown=1)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to whoever runs the tests."""
        yield


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait for other processes until `condition` holds; raises `TimeoutError` when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - other processes tell what they do only by what they have done
            await asyncio.sleep(0.05)


def _vendors(number: int, name: str) -> Vendors:
    clock = SystemClock()
    org = SimulatedSalesforce(clock, uuid4, org_id=f"00D5Y000001MPM{number}", port=free_port(), facts=SalesforceFacts())
    tenant_id = str(uuid4())
    app = SimulatedXeroApp(
        clock, uuid4, name=f"crossbook-{name}", tenant_id=tenant_id, port=free_port(), facts=XeroFacts()
    )
    return Vendors(name, org, SimulatedXero(app, tenant_id))


def _sync_file(name: str) -> str:
    """The customers of most tests, live, under another name and between other connections."""
    text = (Path(world.__file__).parent / "accounts.yaml").read_text(encoding="utf-8")
    renamed = {
        "sync: accounts": f"sync: {name}",
        "salesforce: main": f"salesforce: {name}",
        "xero: main": f"xero: {name}",
    }
    for old, new in {**renamed, "mode: observe": "mode: live"}.items():
        text = text.replace(old, new, 1)
    return text
