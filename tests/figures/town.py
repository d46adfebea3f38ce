"""A town of many customers: both systems hold them, linked, and two workers keep them in step, on a virtual clock.

Xero is the simulated one behind the real connector and quota; Salesforce, whose calls are plentiful, is in memory.
"""

import asyncio
import random
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import cast

import httpx
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import Connection, func, select

from app.connectors.memory import MemoryVendor
from app.engine.events import Event, Kind, Origin
from app.engine.memory import Scanned
from app.engine.ports import Connector
from app.engine.records import Observation, Presence, RecordRef, System
from app.mapping.values import Fields
from app.runtime import Runtime, VendorConnections
from app.settings import SalesforceConnection, Settings, XeroConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import XeroWorld
from app.store import inbox, match_scans
from app.store.database import Database
from app.store.tables import due
from tests.connectors.vault import Vault
from tests.figures.ties import tie
from tests.support.redis_twin import RedisTwin
from tests.support.virtual_loop import LoopClock
from tests.support.world import ORG, TENANT, TwoConnections, accounts_sync, phone
from workers.lanes import Drains
from workers.upkeep import ring_forgotten_lanes

ADDRESS = "http://127.0.0.1"
UPKEEP_SECONDS = 5.0
QUICKEST_SECONDS = 0.3
POLL_SECONDS = 0.1
"""How long a doorbell takes to be heard."""


_working: ContextVar[float] = ContextVar("working")
"""How long Xero works on the call of this task."""


class BusyXero(XeroWorld):
    """Works on each call as long as the way there has left of the time that an answer takes."""

    @property
    def latency_seconds(self) -> float:
        return _working.get(0.0)

    @latency_seconds.setter
    def latency_seconds(self, seconds: float) -> None:
        """Every call has its own."""


@dataclass(slots=True)
class Arrivals(httpx.AsyncBaseTransport):
    """Carries calls to Xero, each a random while on its way, and notes when it arrives.

    An answer is there `answer_seconds` after its call was sent, and no sooner than `QUICKEST_SECONDS` after it arrived.
    """

    inner: httpx.AsyncBaseTransport
    clock: LoopClock
    chance: random.Random
    answer_seconds: float
    jitter_seconds: float
    api_calls: list[datetime] = field(default_factory=list[datetime])
    took_seconds: list[float] = field(default_factory=list[float])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api.xro"):
            return await self.inner.handle_async_request(request)
        sent_at, way_seconds = self.clock.now(), self.chance.uniform(0, self.jitter_seconds)
        await asyncio.sleep(way_seconds)
        self.api_calls.append(self.clock.now())
        _working.set(max(QUICKEST_SECONDS, self.answer_seconds - way_seconds))
        response = await self.inner.handle_async_request(request)
        self.took_seconds.append((self.clock.now() - sent_at).total_seconds())
        return response


@dataclass(slots=True)
class Bell:
    """Rings one of the workers, whichever hears it first."""

    chance: random.Random
    workers: list[Drains] = field(default_factory=list[Drains])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def ring(self, lane: str) -> None:
        task = asyncio.create_task(self._heard(lane))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def ring_reconcile(self) -> None:
        raise AssertionError("nobody asks for a scan here")

    def ring_long_reads(self) -> None:
        raise AssertionError("nobody asks for a backfill here")

    async def _heard(self, lane: str) -> None:
        await asyncio.sleep(self.chance.uniform(0, POLL_SECONDS))
        await self.chance.choice(self.workers).drain(lane)


class Town:
    """Two vendors, one database, two workers."""

    def __init__(self, folder: Path, *, answer_seconds: float, jitter_seconds: float, seed: int) -> None:
        self.clock, self.chance = LoopClock(), random.Random(seed)
        self.database = Database.direct(f"sqlite:///{folder}/crossbook.db", clock_now=self.clock.now)
        self.sync = accounts_sync()
        self.salesforce = MemoryVendor(System.SALESFORCE, self.clock)
        app = XeroApp("crossbook", Credentials("client", "secret"), refresh_token="first")
        ids = seeded_ids(seed)
        self.xero = BusyXero(self.clock, ids, tenant_id=TENANT, apps=[app])
        transport = httpx.ASGITransport(xero_app(self.xero), raise_app_exceptions=False)
        self.arrivals = Arrivals(transport, self.clock, self.chance, answer_seconds, jitter_seconds)
        self.redis = RedisTwin(self.clock)
        self.redis_was_emptied = False
        self.bell = Bell(self.chance)
        self.vault = Vault()
        self.bell.workers = [Drains(self._worker(name)) for name in ("worker-1", "worker-2")]

    @property
    def lane(self) -> str:
        return f"{self.sync.name}/Contact"

    def _worker(self, name: str) -> Runtime:
        numbers = count()
        return Runtime(
            settings=_settings(),
            database=self.database,
            syncs={self.sync.name: self.sync},
            connections=TwoConnections({System.SALESFORCE: self.salesforce, System.XERO: self._xero(name)}),
            doorbell=self.bell,
            clock=self.clock,
            worker=name,
            new_id=lambda: f"{name}-{next(numbers)}",
            chance=self.chance.random,
        )

    def _xero(self, worker: str) -> Connector:
        """The connection of one process; what is shared with the others goes through Redis and the vault."""
        client, redis = httpx.AsyncClient(transport=self.arrivals), cast("Redis", self.redis)
        return VendorConnections(_settings(), client, redis, self.vault, self.clock, worker).get(System.XERO, "main")

    async def settle_in(self, customers: int) -> None:
        """Let so many customers live here, linked and in step, and seen long ago."""
        await self.database.migrate()
        numbers = range(customers)
        accounts = [self.salesforce.put("Account", None, {"Name": f"Customer {n}", "Phone": "03 111"}) for n in numbers]
        contacts = [
            self.xero.contacts.create(
                {"Name": f"Customer {n}", "Phones": phone("03 111"), "ContactNumber": account}, writer="person"
            ).id
            for n, account in enumerate(accounts)
        ]
        pairs = [(self._account(here), self._contact(there)) for here, there in zip(accounts, contacts, strict=True)]
        await self.database.run(lambda conn: tie(conn, self.sync, pairs, self.clock.now()))
        self.clock.advance(3600)
        scanned = Scanned(self.clock.now() - timedelta(seconds=60), self.clock.now() - timedelta(seconds=60))
        index = self.bell.workers[0].runtime.lanes[self.lane].indexed_as(System.XERO, "Contact")
        await self.database.run(
            lambda conn: match_scans.advance(conn, self.sync.name, index.system, index.object, scanned)
        )

    def _account(self, id: str) -> Observation:
        found = self.salesforce.get("Account", id)
        assert found
        return found

    def _contact(self, id: str) -> Observation:
        found = self.xero.contacts.get(id)
        assert found
        fields: Fields = found.fields
        return Observation(RecordRef(System.XERO, "Contact", id), Presence.LIVE, found.updated_at, fields)

    async def edit_all(self) -> None:
        """Somebody changes the phone of every account at once, and Salesforce pushes each."""
        for number, seen in enumerate(self.salesforce.all("Account")):
            self.salesforce.put("Account", seen.ref.id, {"Phone": f"03 {number}"})
        events = [self._event(number, seen) for number, seen in enumerate(self.salesforce.all("Account"))]
        routes = self.bell.workers[0].runtime.routes
        await self.database.run(lambda conn: inbox.record(conn, events, routes, self.clock.now()))
        self.bell.ring(self.lane)

    def _event(self, number: int, seen: Observation) -> Event:
        return Event(
            f"push-{number}",
            System.SALESFORCE,
            ORG[:15],
            "Account",
            seen.ref.id,
            Kind.CHANGED,
            Origin.OUTBOUND_MESSAGE,
            seen.version,
        )

    def empty_redis_at(self, seconds: float) -> None:
        """Let Redis forget everything when so many seconds have passed."""
        asyncio.get_running_loop().call_later(seconds, self._empty_redis)

    def _empty_redis(self) -> None:
        self.redis.empty()
        self.redis_was_emptied = True

    async def live_on(self, most_seconds: float) -> float:
        """Let the workers work until nothing is due; how many seconds that took."""
        loop = asyncio.get_running_loop()
        began, rung = loop.time(), 0.0
        while await self.database.read(_due):
            passed = loop.time() - began
            assert passed < most_seconds, f"still busy after {passed:g} s"
            await asyncio.sleep(UPKEEP_SECONDS / 10)
            if passed - rung > UPKEEP_SECONDS:
                await ring_forgotten_lanes(self.bell.workers[0].runtime)
                rung = passed
        return loop.time() - began

    def in_step(self) -> bool:
        """Whether every contact has its account's phone."""
        contacts = {contact.text("ContactNumber"): contact.fields["Phones"] for contact in self.xero.contacts}
        return all(
            any(str(part.get("PhoneNumber")) == seen.fields["Phone"] for part in contacts[seen.ref.id])  # type: ignore[union-attr] # the list of phones
            for seen in self.salesforce.all("Account")
        )

    def busiest_minute(self) -> int:
        """The most calls that arrived at Xero in any sixty seconds: no fixed window, whatever its phase, saw more."""
        arrivals = sorted(self.arrivals.api_calls)
        most, first = 0, 0
        for last, at in enumerate(arrivals):
            while at - arrivals[first] >= timedelta(seconds=60):
                first += 1
            most = max(most, last - first + 1)
        return most


def _settings() -> Settings:
    salesforce = SalesforceConnection(url=ADDRESS, client_id="id", client_secret=SecretStr("secret"), org_id=ORG)
    books = XeroConnection.model_validate(
        {
            "client_id": "client",
            "client_secret": "secret",
            "tenant_id": TENANT,
            "refresh_token": "first",
            "api_url": ADDRESS,
            "identity_url": ADDRESS,
            "daily_limit": 5000,
        }
    )
    return Settings(salesforce={"main": salesforce}, xero={"main": books}, worker_processes=2)


def _due(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(due)).scalar_one()
