"""A whole installation that is measured from outside: `crossbook run` between two simulated systems."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import httpx
import psutil
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cli.demo.stage import crossbook
from app.cli.ports import HOST, free_port
from app.cli.processes import LoggedChild, start
from app.cli.simulator import push_urls
from app.clock import SystemClock
from app.simulator import demo
from app.simulator.pushing import Tasks
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.world import OUTBOUND_FIELDS, SalesforceWorld
from app.simulator.serve import PushUrls, demo_salesforce
from app.simulator.xero.app import xero_app
from app.simulator.xero.world import XeroWorld

START_SECONDS = 60.0
LONG_AGO = timedelta(days=20)
"""So long ago the records were entered that are there at the beginning: no reconcile reads them by itself."""
CALLS_A_DAY = 100_000
"""Of either system: an edit every three seconds, all day long, would leave a backfill none of Xero's 5,000."""
SYNC = Path(__file__).with_name("customers.yaml")


class Calendar(SystemClock):
    """The time as it is, or as it was when everything began."""

    def __init__(self, ago: timedelta) -> None:
        self.ago = ago

    def now(self) -> datetime:
        return super().now() - self.ago


@dataclass(slots=True)
class Edit:
    """An edit on its way: its text, the ids of the two records, and when what happened, by `perf_counter`."""

    text: str
    ids: tuple[str, ...]
    pushed_at: float = 0.0
    written_at: float = 0.0
    looks: dict[str, float] = field(default_factory=dict[str, float])
    """The seconds that a vendor took to show each of the two, at the first look."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self) -> float:
        """From the push to the write, without the time that the vendors took to show the two records."""
        return self.written_at - self.pushed_at - sum(self.looks.values())


@dataclass(slots=True)
class Stopwatch:
    """Sees the pushes go out and the calls come in, and notes what concerns the edit that is on its way."""

    edit: Edit | None = None

    async def note_push(self, request: httpx.Request) -> None:
        """A push goes out."""
        if self.edit and not self.edit.pushed_at and self.edit.text.encode() in request.content:
            self.edit.pushed_at = perf_counter()

    def note_write(self, body: bytes, began: float) -> None:
        """The body of a call is there, whose first byte came at `began`."""
        if self.edit and not self.edit.written_at and self.edit.text.encode() in body:
            self.edit.written_at = began
            self.edit.arrived.set()

    def note_look(self, asked: str, seconds: float) -> None:
        """A call was answered, before the write was there."""
        if self.edit and self.edit.pushed_at and not self.edit.written_at:
            for id in self.edit.ids:
                if id in asked:
                    self.edit.looks.setdefault(id, seconds)


def timed(app: ASGIApp, watch: Stopwatch) -> ASGIApp:
    """`app`, with the calls to it looked at."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        began, body = perf_counter(), bytearray()

        async def noted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    watch.note_write(bytes(body), began)
            return message

        await app(scope, noted, send)
        asked = f"{scope.get('path', '')}?{scope.get('query_string', b'').decode()} {body.decode(errors='replace')}"
        watch.note_look(asked, perf_counter() - began)

    return answer


@dataclass(frozen=True, slots=True)
class Installation:
    """What runs: the two systems in this process, Crossbook in its own."""

    salesforce: SalesforceWorld
    xero: XeroWorld
    watch: Stopwatch
    folder: Path
    environment: Mapping[str, str]
    crossbook: LoggedChild

    def memory(self) -> float:
        """What web process, worker and Valkey occupy, in MB: what they share counts once (PSS)."""
        processes = psutil.Process(self.crossbook.guardian.pid).children(recursive=True)
        kept = [each for each in processes if any(name in " ".join(each.cmdline()) for name in _KEPT)]
        occupied: float = sum(each.memory_full_info().pss for each in kept)
        return occupied / 1e6

    async def command(self, *arguments: str) -> None:
        """Run a `crossbook` command to its end."""
        name = arguments[0]
        with start(name, crossbook(*arguments), environment=self.environment, folder=self.folder) as child:
            code = await asyncio.to_thread(child.wait, START_SECONDS)
            if code != 0:
                raise RuntimeError(f"crossbook {name} ended with {code}; it said:\n{child.last_words(20)}")

    async def wait_for(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        """Return once `is_so`. Raises `TimeoutError`, or `RuntimeError` when Crossbook has ended."""
        async with asyncio.timeout(seconds):
            while not is_so():
                if self.crossbook.exit_code is not None:
                    raise RuntimeError(f"crossbook ended; it said:\n{self.crossbook.last_words(20)}")
                await asyncio.sleep(0.05)


_KEPT = ("app.cli.main", "arq", "valkey")
"""What stands in the command lines of the processes that make up an installation."""


@asynccontextmanager
async def installation(
    latency_seconds: float, populate: Callable[[Calendar, XeroWorld], None]
) -> AsyncIterator[Installation]:
    """Everything up and answering; `populate` has entered what was there before Crossbook."""
    web, salesforce_port, xero_port = free_port(), free_port(), free_port()
    watch, spawn = Stopwatch(), Tasks()
    hooks: dict[str, list[Callable[[httpx.Request], Awaitable[None]]]] = {"request": [watch.note_push]}
    with TemporaryDirectory() as place:
        async with httpx.AsyncClient(trust_env=False, event_hooks=dict(hooks)) as client:
            clock = Calendar(LONG_AGO)
            salesforce = demo_salesforce(clock, client, spawn, PushUrls())
            xero = XeroWorld(clock, uuid4, tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, daily_limit=CALLS_A_DAY)
            populate(clock, xero)
            clock.ago = timedelta()
            salesforce.latency_seconds = xero.latency_seconds = latency_seconds
            _push(salesforce, xero, f"http://{HOST}:{web}", client, spawn)
            async with (
                _served(timed(salesforce_app(salesforce), watch), salesforce_port, dates=False),
                _served(timed(xero_app(xero), watch), xero_port),
            ):
                environment = _environment(Path(place), web, salesforce_port, xero_port)
                child = start("run", crossbook("run"), environment=environment, folder=Path(place), grace_seconds=60.0)
                with child:
                    built = Installation(salesforce, xero, watch, Path(place), environment, child)
                    await _until_ready(web)
                    yield built
            await spawn.close()


def _push(salesforce: SalesforceWorld, xero: XeroWorld, web: str, client: httpx.AsyncClient, spawn: Tasks) -> None:
    urls = push_urls(web)
    told = {"Account": ("Phone", *OUTBOUND_FIELDS["Account"])}
    salesforce.push_outbound_messages(url=urls.outbound_messages, client=client, spawn=spawn, fields=told)
    xero.push_webhooks(url=urls.xero_webhook, key=demo.XERO_WEBHOOK_KEY, client=client, spawn=spawn)


@asynccontextmanager
async def _served(app: ASGIApp, port: int, *, dates: bool = True) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app, host=HOST, port=port, log_level="warning", lifespan="off", date_header=dates, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving


async def _until_ready(port: int) -> None:
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                if (await client.get(f"http://{HOST}:{port}/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


def _environment(folder: Path, web: int, salesforce: int, xero: int) -> Mapping[str, str]:
    (folder / "syncs").mkdir()
    (folder / "syncs" / "customers.yaml").write_text(SYNC.read_text(encoding="utf-8"), encoding="utf-8")
    connections = demo.environment(
        salesforce="main", salesforce_url=f"http://{HOST}:{salesforce}", xero="main", xero_url=f"http://{HOST}:{xero}"
    )
    limits = {f"{name}__MAIN__DAILY_LIMIT": str(CALLS_A_DAY) for name in ("SALESFORCE", "XERO")}
    own = {"SECRET_KEYS": "k" * 32, "PORT": str(web), "PYTHONUTF8": "1", "LOG_LEVEL": "warning"}
    return {**connections, **limits, **own}
