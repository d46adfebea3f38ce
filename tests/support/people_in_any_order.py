"""A story of people who come, go and change employers, and who must be in Xero at its end."""

from itertools import count

from sqlalchemy import func, select

from app.engine.events import Kind
from app.engine.records import Observation, Presence, System
from app.store.database import Database, Driver
from app.store.tables import due
from tests.support.any_order import ROUNDS, AnyOrder, empty
from tests.support.people import People, people_sync
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock

SALESFORCE, XERO = System.SALESFORCE, System.XERO
MOST_PEOPLE = 5


class PeopleInAnyOrder(AnyOrder):
    """A world with two customers and their people. The oracle looks at what the two vendors hold."""

    accounts: list[str]
    entered: list[str]
    people: People

    @classmethod
    async def begin_with_people(cls, driver: Driver) -> "PeopleInAnyOrder":
        """Two customers in step, without people; reconcile has a cursor for everything."""
        clock = LoopClock()
        database = Database(driver, clock_now=clock.now)
        await database.run(empty)
        world = cls(database, clock, people_sync())
        world.customers, world.delayed, world.doubted, world.entries = [], [], False, count(1)
        world.accounts, world.entered, world.people = [], [], People(world)
        await world.reconcile()
        for name in ("Ridgeway", "Hillside"):
            world.accounts.append(await world.edit(SALESFORCE, None, Name=name))
        await world.drain()
        return world

    # What may happen.

    async def enter_person(self, account: int | None, mail: bool, how: str) -> None:
        """Somebody is entered, at an account or nowhere."""
        number = next(self.entries)
        address = f"p{number}@example.com" if mail else None
        id = self.people.put(None, AccountId=self._account(account), LastName=f"Bell {number}", Email=address)
        self.entered.append(id)
        await self.send(self.people.event(id), how)

    async def rename_person(self, which: int, how: str) -> None:
        """Somebody takes another name."""
        if record := self._person(which, Presence.LIVE):
            self.people.put(record.ref.id, LastName=f"Moss {next(self.entries)}")
            await self.send(self.people.event(record.ref.id), how)

    async def move_person(self, which: int, account: int | None, how: str) -> None:
        """Somebody goes to another account, or to none."""
        if record := self._person(which, Presence.LIVE):
            self.people.put(record.ref.id, AccountId=self._account(account))
            await self.send(self.people.event(record.ref.id), how)

    async def delete_person(self, which: int, how: str) -> None:
        if record := self._person(which, Presence.LIVE):
            self.clock.advance(1)
            self.salesforce.delete("Contact", record.ref.id)
            await self.send(self.people.event(record.ref.id, Kind.DELETED), how)

    async def undelete_person(self, which: int, how: str) -> None:
        if record := self._person(which, Presence.DELETED):
            self.clock.advance(1)
            self.salesforce.restore("Contact", record.ref.id)
            await self.send(self.people.event(record.ref.id, Kind.UNDELETED), how)

    async def merge_people(self, which: int, other: int, how: str) -> None:
        """Two entries turn out to be one person: the loser is deleted, and that is pushed."""
        loser, survivor = self._person(which, Presence.LIVE), self._person(other, Presence.LIVE)
        if loser and survivor and loser.ref != survivor.ref:
            self.clock.advance(1)
            self.salesforce.merge("Contact", loser.ref.id, survivor.ref.id)
            await self.send(self.people.event(loser.ref.id, Kind.DELETED), how)

    async def settle_all(self) -> None:
        """Faults stop, and all is read and worked off until nothing is due: a parent may be, without any event."""
        await self.settle_down()
        for _ in range(ROUNDS):
            if not await self.database.read(lambda conn: conn.execute(select(func.count()).select_from(due)).scalar()):
                return
            self.clock.advance(130)
            await self.drain()
        raise AssertionError("something is due for ever")

    # What must be true.

    async def check_people(self) -> None:
        """Each contact shows the people of its account, or the five that come first, and the others are named."""
        for account in self.accounts:
            wanted = self._wanted(account)
            assert sorted(self.people.names(account)) == sorted(wanted[:MOST_PEOPLE]), account
            asked = await self.people.asked(account)
            left_out = asked.get("overflow", {}).get("left_out", [])
            assert isinstance(left_out, list)
            assert len(left_out) == len(wanted[MOST_PEOPLE:])

    async def check_quiet(self) -> None:
        """Nothing is written any more, however often all is read."""
        writes = self.writes(XERO)
        self.clock.advance(130)
        await self.reconcile()
        assert self.writes(XERO) == writes

    def _wanted(self, account: str) -> list[str]:
        rows = [record for record in map(self._record, self.entered) if record.presence is Presence.LIVE]
        own = [record.fields for record in rows if record.fields.get("AccountId") == account]
        return [str(each["LastName"]) for each in sorted(own, key=lambda fields: not fields.get("Email"))]

    def _account(self, number: int | None) -> str | None:
        return None if number is None else self.accounts[number]

    def _person(self, which: int, presence: Presence) -> Observation | None:
        found = [record for record in map(self._record, self.entered) if record.presence is presence]
        return found[which % len(found)] if found else None

    def _record(self, id: str) -> Observation:
        record = self.salesforce.get("Contact", id)
        assert record
        return record


class SimulatedPeopleInAnyOrder(PeopleInAnyOrder, SimulatedWorld):
    """The same with the real connectors and the simulators."""
