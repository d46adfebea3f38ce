"""A small world: two vendors, a real database, a clock that a test turns, and Crossbook between them."""

from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from app.connectors.memory import MemoryVendor
from app.engine.events import Event, Kind, Origin
from app.engine.ports import Connector
from app.engine.records import Observation, System
from app.mapping.loader import load_sync
from app.mapping.model import Mapping, Mode, Sync
from app.mapping.values import Fields
from app.runtime import Connections, Runtime
from app.settings import SalesforceConnection, Settings, XeroConnection
from app.simulator.salesforce.features import Objects
from app.simulator.salesforce.objects import OBJECTS as STANDARD
from app.store import backlog, inbox, links, outcomes
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.vendor import Vendor
from workers.lanes import Drains
from workers.reconcile import reconcile
from workers.targets import targets

ORG = "00D5Y000001MPM7UAO"
TENANT = "11111111-2222-4333-8444-555555555555"
OBJECTS: MappingOf[System, str] = MappingProxyType({System.SALESFORCE: "Account", System.XERO: "Contact"})


@dataclass
class RecordedDoorbell:
    """A doorbell that only notes who was rung."""

    rings: list[str] = field(default_factory=list)

    def ring(self, lane: str) -> None:
        self.rings.append(lane)

    def ring_reconcile(self) -> None:
        self.rings.append("reconcile")

    def ring_long_reads(self) -> None:
        self.rings.append("long reads")


@dataclass
class TwoConnections:
    """The two vendors in memory, whatever connection is asked for."""

    vendors: MappingOf[System, Connector]

    def get(self, system: System, name: str) -> Connector:
        return self.vendors[system]

    async def keep_alive(self) -> None:
        """The vendors in memory need no tokens."""


def accounts_sync(change: Callable[[Mapping], Mapping] = lambda mapping: mapping, mode: Mode = Mode.LIVE) -> Sync:
    """A sync of accounts and contacts with few fields, live, its one mapping changed."""
    sync = load_sync(Path(__file__).with_name("accounts.yaml"))
    return replace(sync, mode=mode, mappings={name: change(mapping) for name, mapping in sync.mappings.items()})


def settings() -> Settings:
    """Settings for the two connections that every sync names."""
    salesforce = SalesforceConnection(
        url="http://127.0.0.1:1",
        client_id="id",
        client_secret=SecretStr("secret"),
        org_id=ORG,
        outbound_secrets=(SecretStr("an-outbound-secret"),),
    )
    xero = XeroConnection(tenant_id=TENANT, webhook_keys=(SecretStr("a-webhook-key"),))
    return Settings(salesforce={"main": salesforce}, xero={"main": xero}, secret_keys=(SecretStr("k" * 32),))


class World:
    """Two vendors and everything between them, on one database. Here both are in memory; see also `SimulatedWorld`.

    `objects` are those of a Salesforce that has a schema; vendors in memory take every field.
    """

    salesforce: Vendor
    xero: Vendor

    def __init__(
        self, database: Database, clock: VirtualClock, sync: Sync | None = None, objects: Objects = STANDARD
    ) -> None:
        self.objects = objects
        self.clock = clock
        self.database = database
        self.sync = sync or accounts_sync()
        self._meet_vendors()
        self.doorbell = RecordedDoorbell()
        self._numbers, self._ids = count(1), count(1)
        self.runtime = self._runtime("worker-1")

    def _meet_vendors(self) -> None:
        self.salesforce = InterruptedVendor(System.SALESFORCE, self.clock)
        self.xero = InterruptedVendor(System.XERO, self.clock)

    def _settings(self) -> Settings:
        return settings()

    def _connections(self, worker: str) -> Connections:
        """The connections of a worker process to the two vendors."""
        vendors = {System.SALESFORCE: self.salesforce, System.XERO: self.xero}
        return TwoConnections({s: v for s, v in vendors.items() if isinstance(v, MemoryVendor)})

    def _runtime(self, worker: str) -> Runtime:
        return Runtime(
            settings=self._settings(),
            database=self.database,
            syncs={self.sync.name: self.sync},
            connections=self._connections(worker),
            doorbell=self.doorbell,
            clock=self.clock,
            worker=worker,
            new_id=lambda: f"{worker}-{next(self._ids)}",
            chance=lambda: 0.5,
        )

    def restart(self, worker: str = "worker-1") -> None:
        """A new worker process, with nothing in its head."""
        self.runtime = self._runtime(worker)

    @property
    def lane(self) -> str:
        return f"{self.sync.name}/Contact"

    def vendor(self, system: System) -> Vendor:
        return self.salesforce if system is System.SALESFORCE else self.xero

    async def edit(self, system: System, id: str | None, **fields: object) -> str:
        """A person edits or creates a record, and the system pushes."""
        self.clock.advance(1)
        id = self.vendor(system).put(OBJECTS[system], id, _fields(fields))
        await self.push(system, id)
        return id

    async def push(self, system: System, id: str, kind: Kind = Kind.CHANGED) -> None:
        """The system pushes a record, as its webhook would be recorded."""
        await self.record(self.event(system, id, kind))

    def event(self, system: System, id: str, kind: Kind = Kind.CHANGED) -> Event:
        account = ORG[:15] if system is System.SALESFORCE else TENANT
        seen = self.vendor(system).get(OBJECTS[system], id)
        version = seen.version if seen else None
        origin = Origin.OUTBOUND_MESSAGE if system is System.SALESFORCE else Origin.XERO_WEBHOOK
        return Event(f"push-{next(self._numbers)}", system, account, OBJECTS[system], id, kind, origin, version)

    async def record(self, *events: Event) -> None:
        await self.database.run(lambda conn: inbox.record(conn, events, self.runtime.routes, self.clock.now()))

    async def drain(self) -> None:
        """Drain the lane once."""
        await Drains(self.runtime).drain(self.lane)

    async def reconcile(self) -> None:
        """Reconcile everything, then drain."""
        for target in targets(self.runtime.syncs):
            await reconcile(self.runtime, target)
        await self.drain()

    def only(self, system: System) -> Observation:
        """The one record that the system holds."""
        (seen,) = self.vendor(system).all(OBJECTS[system])
        return seen

    def writes(self, system: System) -> int:
        """How often we wrote to the system."""
        return sum(change.by == "us" for change in self.vendor(system).history)

    def calls(self, system: System, method: str) -> int:
        """How often we called one method of the system."""
        return sum(call.method == method for call in self.vendor(system).calls)

    async def link_count(self) -> int:
        refs = [seen.ref for seen in self.xero.all("Contact")]
        found = await self.database.read(lambda conn: links.of(conn, self.sync.name, refs))
        return sum(len(each) for each in found.values())

    async def outcomes(self) -> Counter[str]:
        """How the lane's events ended."""
        counts = await self.database.read(outcomes.counts)
        assert counts.holds
        return Counter({outcome.value: n for outcome, n in counts.lanes.get(self.lane, Counter()).items()})

    async def dead(self) -> list[str]:
        letters = await self.database.read(backlog.dead)
        return [letter.code for letter in letters]


def _fields(fields: MappingOf[str, object]) -> Fields:
    return dict(fields)  # type: ignore[arg-type] # a test writes what it means


def phone(number: str) -> list[dict[str, str]]:
    """Xero's list of phones with one number."""
    return [{"PhoneType": "DEFAULT", "PhoneNumber": number, "PhoneAreaCode": "", "PhoneCountryCode": ""}]
