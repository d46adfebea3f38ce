"""Very many records at once: what nobody wanted is not written, and what somebody ticked by mistake costs little."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from app.engine.records import System
from app.mapping.model import Guard, Mode
from app.store import holds, leases
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
AT_ONCE = 1000


@dataclass
class Crowd:
    """A world with one customer, and very many accounts that nobody has ticked yet."""

    world: World
    accounts: list[str]

    async def tick(self, *, ticked: bool) -> None:
        """Somebody loads a value into the opt-in of all accounts, and Salesforce pushes them all."""
        for start in range(0, len(self.accounts), AT_ONCE):
            some = self.accounts[start : start + AT_ONCE]
            for id in some:
                self.world.salesforce.put("Account", id, {"Sync_to_Xero__c": ticked})
            await self.world.record(*(self.world.event(SALESFORCE, id) for id in some))
            self.world.clock.advance(5)


async def drained(world: World) -> str | None:
    """Drain until there is nothing more to do, or the lane is held: why it is. A drain ends after ten seconds."""
    while (await world.outcomes())["pending"]:
        await world.drain()
        if told := await world.database.read(lambda conn: holds.why_stopped(conn, world.lane)):
            return told
    return None


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Lines are kept and not printed: there is one a record."""
    with capture_logs():
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def crowded(request: pytest.FixtureRequest, clock: VirtualClock) -> tuple[str, int]:
    """As many accounts as the promise speaks of; on PostgreSQL fewer: the guard counts there by the same statement."""
    if request.param == "sqlite":
        return "sqlite://", 50_000
    url: str = request.getfixturevalue("postgres_url")
    return url, 5_000


@pytest.fixture
async def crowd(crowded: tuple[str, int], clock: VirtualClock) -> AsyncIterator[Crowd]:
    url, number = crowded
    open_database = Database.open(url, clock_now=clock.now) if "postgres" in url else None
    database = await open_database if open_database else Database.direct(url, clock_now=clock.now)
    await database.migrate()
    world = World(database, clock, accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c")))
    await world.edit(SALESFORCE, None, Name="The first customer, long ago", Sync_to_Xero__c=True)
    assert await drained(world) is None
    clock.advance(7200)
    yield Crowd(world, [world.salesforce.put("Account", None, {"Name": f"C {n}"}) for n in range(number)])
    await database.close()


async def test_accounts_that_are_loaded_with_the_opt_in_unticked_cause_no_write(crowd: Crowd) -> None:
    await crowd.tick(ticked=False)
    assert await drained(crowd.world) is None
    assert await crowd.world.outcomes() == {"applied": 1, "filtered": len(crowd.accounts)}
    assert (crowd.world.writes(XERO), crowd.world.writes(SALESFORCE)) == (1, 0)


async def test_accounts_that_are_ticked_by_mistake_cause_as_many_writes_as_the_guard_allows_and_one_hold(
    crowd: Crowd,
) -> None:
    await crowd.tick(ticked=True)
    most, told = Guard().create, await drained(crowd.world)
    assert told
    assert f"{most} records were created within an hour" in told
    (lane,) = await crowd.world.database.read(leases.held)
    held_at = lane.held_at
    for _ in range(5):
        crowd.world.clock.advance(1800)
        await crowd.world.drain()
    assert crowd.world.writes(XERO) == 1 + most
    assert await crowd.world.outcomes() == {"applied": 1 + most, "pending": len(crowd.accounts) - most}
    (lane,) = await crowd.world.database.read(leases.held)
    assert lane.held_at == held_at


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock, replace(accounts_sync(), guard=Guard(archive=50)))


async def linked(world: World, number: int) -> list[str]:
    accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {n}") for n in range(number)]
    assert await drained(world) is None
    world.clock.advance(7200)
    return accounts


async def test_deletions_in_bulk_archive_no_more_than_a_share_of_the_links(world: World) -> None:
    accounts = await linked(world, 70)
    for account in accounts:
        world.salesforce.delete("Account", account)
        await world.push(SALESFORCE, account)
    told = await drained(world)
    assert sum(seen.presence == "archived" for seen in world.xero.all("Contact")) == 7
    assert told
    assert "7 records were archived within an hour" in told


async def test_a_mistake_that_is_made_good_before_the_release_is_not_carried_on(world: World) -> None:
    accounts = await linked(world, 70)
    for account in accounts:
        world.salesforce.delete("Account", account)
        await world.push(SALESFORCE, account)
    assert await drained(world)
    for account in accounts:
        world.salesforce.restore("Account", account)
        await world.push(SALESFORCE, account)
    await world.database.run(lambda conn: holds.release(conn, world.lane, 0, world.clock.now()))
    assert await drained(world) is None
    assert {str(seen.presence) for seen in world.xero.all("Contact")} == {"live"}
    assert (await world.outcomes())["pending"] == 0


async def test_what_a_person_let_through_is_over_when_it_is_done(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock, replace(accounts_sync(), guard=Guard(create=5, archive=5, archive_share=Decimal(1))))
    accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(20)]
    assert await drained(world)
    await database.run(lambda conn: holds.release(conn, world.lane, 20, world.clock.now()))
    assert await drained(world) is None
    world.clock.advance(7200)
    for account in accounts:
        world.salesforce.delete("Account", account)
        await world.push(SALESFORCE, account)
    told = await drained(world)
    assert told
    assert "5 records were archived within an hour" in told
    assert sum(seen.presence == "archived" for seen in world.xero.all("Contact")) == 5


async def test_what_is_only_observed_never_trips_the_guard(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock, replace(accounts_sync(mode=Mode.OBSERVE), guard=Guard(create=2)))
    for number in range(9):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    assert await drained(world) is None
    assert await world.outcomes() == {"filtered": 9}
