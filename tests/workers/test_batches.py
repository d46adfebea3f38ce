"""Four batches at a time, no pair twice, and no record that harms another."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from app.engine.events import Origin, Priority
from app.engine.ledger import Lease
from app.engine.records import Observation, System
from app.errors import OutOfQuota
from app.mapping.model import CreateRule, Mapping
from app.mapping.values import Fields
from app.runtime import Runtime
from app.store import backlog, leases
from app.store.database import Database
from app.store.leases import LaneLease
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor, until
from tests.support.world import World, accounts_sync, phone
from workers import lanes
from workers.carrying import SURPRISES
from workers.lanes import BACKFILLS_IN_FLIGHT, BATCHES_IN_FLIGHT, Drains

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
async def database(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Lines are kept and not printed: to print a trace with its frames takes seconds."""
    with capture_logs():
        yield


def interrupted(world: World) -> InterruptedVendor:
    """Puts a Xero into the world that a test can interrupt."""
    xero = InterruptedVendor(XERO, world.clock)
    world.xero = xero
    world.restart()
    return xero


async def take(world: World, worker: str) -> Lease:
    lease = await world.database.run(lambda conn: leases.take(conn, world.lane, worker, world.clock.now(), 25))
    assert lease
    return lease


async def held(database: Database) -> LaneLease:
    (lease,) = await database.read(leases.held)
    return lease


async def test_a_lane_that_one_batch_parks_takes_no_further_batch(world: World) -> None:
    world.runtime = with_batches_of(world, 1)
    until = world.clock.now().replace(hour=12)
    for number in range(BATCHES_IN_FLIGHT + 3):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    for _ in range(BATCHES_IN_FLIGHT + 3):
        world.xero.fail_next(OutOfQuota("the minute is used up", until=until), method="changed")
    await world.drain()
    assert world.calls(XERO, "changed") <= BATCHES_IN_FLIGHT
    assert await world.outcomes() == {"pending": BATCHES_IN_FLIGHT + 3}


def with_batches_of(world: World, size: int) -> Runtime:
    """The world's runtime, whose batches are that small."""
    return replace(world.runtime, settings=world.runtime.settings.model_copy(update={"batch_size": size}))


@dataclass
class Traffic:
    """Which customers are being read, and how many calls at most at the same time.

    The first calls wait for one another until `expected` are under way.
    """

    expected: int = 1
    most: int = 0
    busy: list[str] = field(default_factory=list)
    twice: set[str] = field(default_factory=set)
    _calls: int = 0

    async def pass_through(self, customers: Sequence[str]) -> None:
        """One call about `customers`."""
        self.twice.update(set(customers) & set(self.busy))
        self.busy += customers
        self._calls += 1
        self.most = max(self.most, self._calls)
        await until(lambda: self.most >= self.expected)
        await asyncio.sleep(0.02)
        self._calls -= 1
        self.busy = [each for each in self.busy if each not in customers]


class WatchedVendor(InterruptedVendor):
    """Tells `traffic` which customers each read is about, by their position in the order of creation."""

    def __init__(self, system: System, clock: VirtualClock, traffic: Traffic) -> None:
        super().__init__(system, clock)
        self.traffic = traffic

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        records = [seen.ref.id for seen in self.all(object)]
        await self.traffic.pass_through([str(records.index(id)) for id in ids])
        return await super().read(object, ids, fields, priority)


async def test_four_batches_are_in_flight_and_never_two_with_the_same_pair(world: World) -> None:
    traffic = Traffic()
    world.salesforce, world.xero = (WatchedVendor(system, world.clock, traffic) for system in System)
    world.restart()
    customers = [await world.edit(SALESFORCE, None, Name=f"Customer {n}") for n in range(9)]
    await world.drain()
    contacts = [seen.ref.id for seen in world.xero.all("Contact")]
    traffic.most, traffic.expected = 0, BATCHES_IN_FLIGHT
    world.runtime = with_batches_of(world, 1)
    world.clock.advance(60)
    for account, contact in zip(customers, contacts, strict=True):
        await world.edit(SALESFORCE, account, Phone="03 222")
        await world.edit(XERO, contact, EmailAddress=f"{contact}@ridgeway.example")
    await world.drain()
    assert traffic.most == BATCHES_IN_FLIGHT
    assert traffic.twice == set()
    assert all(seen.fields["Phones"] == phone("03 222") for seen in world.xero.all("Contact"))
    assert all("Email__c" in seen.fields for seen in world.salesforce.all("Account"))


class Poisonous:
    """A condition that fails on one record in a way that nobody foresaw."""

    source = "poison"

    def fields(self, system: System) -> frozenset[str]:
        return frozenset()

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        if salesforce and salesforce["Name"] == "Poison":
            raise ZeroDivisionError
        return True


async def test_a_record_whose_plan_always_raises_is_buried_alone_and_the_others_pass(
    database: Database, clock: VirtualClock
) -> None:
    def poison(mapping: Mapping) -> Mapping:
        return replace(mapping, create_in_xero=CreateRule(Poisonous()))

    world = World(database, clock, accounts_sync(poison))
    for name in ("Ridgeway", "Poison", "Harbour Cafe"):
        await world.edit(SALESFORCE, None, Name=name)
    with capture_logs() as logged:
        await world.drain()
    assert [(line["event"], line["records"]) for line in logged if line["event"] == "batch.failed"] == [
        ("batch.failed", 3),
        ("batch.failed", 1),
    ]
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")] == ["Ridgeway", "Harbour Cafe"]
    assert await database.read(backlog.dead) == ()
    for _ in range(SURPRISES):
        clock.advance(600)
        await world.drain()
    (letter,) = await database.read(backlog.dead)
    assert letter.code == "internal"
    assert "ZeroDivisionError" in letter.reason
    assert await world.outcomes() == {"applied": 2, "dead": 1}


async def test_a_surprise_that_passes_costs_a_record_nothing(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    world.xero.fail_next(KeyError("a page without rows"), method="changed")  # type: ignore[arg-type] # any surprise
    await world.drain()
    world.clock.advance(600)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.dead() == []


async def in_step(world: World, traffic: Traffic, customers: int) -> list[str]:
    """Customers that both systems have, whose next reads `traffic` watches; batches are of one."""
    world.salesforce, world.xero = (WatchedVendor(system, world.clock, traffic) for system in System)
    world.restart()
    accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {n}") for n in range(customers)]
    await world.drain()
    world.runtime = with_batches_of(world, 1)
    world.clock.advance(60)
    traffic.most = 0
    return accounts


async def test_backfill_leaves_room_for_what_is_live(world: World) -> None:
    traffic = Traffic()
    accounts = await in_step(world, traffic, 6)
    for account in accounts:
        await world.record(replace(world.event(SALESFORCE, account), origin=Origin.BACKFILL, version=None))
    traffic.expected = BACKFILLS_IN_FLIGHT
    await world.drain()
    assert traffic.most == BACKFILLS_IN_FLIGHT

    for account in accounts[:4]:
        await world.record(replace(world.event(SALESFORCE, account), origin=Origin.BACKFILL, version=None))
    for account in accounts[4:]:
        await world.edit(SALESFORCE, account, Phone="03 222")
    traffic.most, traffic.expected = 0, 2 + 1
    await world.drain()
    assert traffic.most == 2 + 1
    assert (await world.outcomes())["pending"] == 0


async def test_a_ring_while_a_batch_is_under_way_is_answered_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "POLL_SECONDS", 3600.0)
    traffic = Traffic()
    one, other = await in_step(world, traffic, 2)
    traffic.expected = 2  # the first waits until the other is under way, too
    await world.edit(SALESFORCE, one, Phone="03 222")
    drains = Drains(world.runtime)
    async with asyncio.timeout(30):
        draining = asyncio.create_task(drains.drain(world.lane))
        await until(lambda: traffic.most == 1)
        await world.edit(SALESFORCE, other, Phone="03 333")
        await drains.drain(world.lane)
        await draining
    assert [seen.fields["Phones"] for seen in world.xero.all("Contact")] == [phone("03 222"), phone("03 333")]
    assert world.doorbell.rings == [world.lane]
