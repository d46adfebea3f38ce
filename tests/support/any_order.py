"""A story that anything may happen in, and what must be true at its end, judged by what the two vendors hold."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

from sqlalchemy import Connection, delete

from app.connectors.memory import Method
from app.engine.actions import Declined
from app.engine.events import Event
from app.engine.records import Observation, System
from app.errors import Doubtful, Unreachable
from app.mapping.model import Mapping, OnConflict
from app.store import backlog, history, outcomes
from app.store.database import Database, Driver
from app.store.tables import metadata
from tests.support.field_entry import entered, shown
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock
from tests.support.world import OBJECTS, World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
RULES = {
    "Name": "Name:Name",
    "Phone": "Phone:Phones.DEFAULT",
    "Email": "Email__c:EmailAddress",
}
VALUES = {"Name": "Name {}", "Phone": "Phone {}", "Email": "email-{}@any.example"}
"""What people enter, by the number of the entry."""

MOST_WRITES_AFTER_THE_LAST_EDIT = 3
ROUNDS = 12


class Killed(BaseException):
    """The process is gone: nothing in it catches this."""


class Open(NamedTuple):
    """What people entered in one field since both sides last showed the same."""

    systems: frozenset[System]
    value: str | None


@dataclass
class Customer:
    """One customer, as people know it: where it was entered first, and what they entered last, by field."""

    born: System
    id: str
    entered: dict[str, Open] = field(default_factory=dict)
    writes_before: int = 0
    """How often we had written to its records when a person edited one last."""


class AnyOrder(World):
    """A world with customers. The oracle looks at the vendors' own truth, never into our tables."""

    @classmethod
    async def begin(cls, driver: Driver, policy: OnConflict) -> "AnyOrder":
        """A world on an emptied database that has reconciled once, so that from now on nothing may be lost."""
        clock = LoopClock()
        database = Database(driver, clock_now=clock.now)
        await database.run(empty)
        world = cls(database, clock, accounts_sync(lambda mapping: _with_policy(mapping, policy)))
        world.customers, world.delayed, world.doubted = [], [], False
        world.entries = count(1)
        await world.reconcile()
        return world

    customers: list[Customer]
    delayed: list[Event]
    entries: "count[int]"
    """Numbers that make every value that is entered a new one."""
    doubted: bool
    """Whether a write was ever left in doubt."""

    # What may happen.

    async def create(self, born: System, how: str) -> None:
        """A person enters a new customer."""
        number = next(self.entries)
        customer = Customer(born, "")
        self.clock.advance(0.3)
        customer.id = self.vendor(born).put(OBJECTS[born], None, entered(born, "Name", f"Customer {number}"))
        customer.entered["Name"] = Open(frozenset({born}), f"Customer {number}")
        self.customers.append(customer)
        await self._tell(born, customer.id, how)

    async def edit_field(
        self, which: int, system: System, name: str, how: str, clear: bool, *, in_a_write: bool = False
    ) -> None:
        """A person edits or clears one field of a customer, where that system has it.

        What is entered while a write is under way may be run over by it: that is the window nobody can close.
        """
        if not self.customers:
            return
        customer = self.customers[which % len(self.customers)]
        record = self.record_of(customer, system)
        if record is None:
            return
        value = None if clear and name != "Name" else VALUES[name].format(next(self.entries))
        in_step = self.record_of(customer, system.other) is None or self._in_step(customer, name)
        in_step = in_step and not in_a_write
        before = customer.entered.get(name)
        systems = frozenset({system}) | (frozenset() if in_step or before is None else before.systems)
        self.clock.advance(0.3)
        self.vendor(system).put(OBJECTS[system], record.ref.id, entered(system, name, value))
        customer.entered[name] = Open(systems, value)
        customer.writes_before = self._writes_to(customer)
        await self._tell(system, record.ref.id, how)

    async def deliver(self, which: int) -> None:
        """A push that was held up arrives, whatever came after it."""
        if self.delayed:
            await self.record(self.delayed.pop(which % len(self.delayed)))

    async def doubt_next(self, system: System, carried_out: bool) -> None:
        """The answer to the next write never comes."""
        self.doubted = True
        self.vendor(system).fail_next(Doubtful("the connection was cut"), carried_out=carried_out)

    async def be_away(self, system: System, method: Method) -> None:
        """The next call of that kind does not arrive."""
        self.vendor(system).fail_next(Unreachable("offline"), method=method)

    async def lock(self, which: int, system: System) -> None:
        """Somebody holds a customer's record when it is written next."""
        customer = self.customers[which % len(self.customers)] if self.customers else None
        record = self.record_of(customer, system) if customer else None
        if record:
            locked = Declined("row_lock", "somebody holds the record", passes=True)
            self.vendor(system).decline_next(locked, id=record.ref.id)

    async def kill_in_next_write(self, system: System, carried_out: bool) -> None:
        """The worker dies before or after its next write is carried out."""

        async def die() -> None:
            raise Killed

        self.doubted = True
        self.vendor(system).interrupt("send", "after" if carried_out else "before", die)

    async def edit_during_write(
        self, written: System, before: bool, which: int, edited: System, name: str, how: str
    ) -> None:
        """A person edits a customer just before or just after our next write there is carried out."""

        async def edit() -> None:
            await self.edit_field(which, edited, name, how, clear=False, in_a_write=True)

        self.vendor(written).interrupt("send", "before" if before else "after", edit)

    async def let_pass(self, seconds: float) -> None:
        """Nobody does anything for a while."""
        self.clock.advance(seconds)

    async def read_all(self) -> None:
        """Reconcile, and drain what it finds."""
        try:
            await self.reconcile()
        except Killed:
            self.restart()

    async def work(self) -> None:
        """A worker drains the lane, and is started anew if it dies of it."""
        try:
            await self.drain()
        except Killed:
            self.restart()

    async def settle_down(self) -> None:
        """Faults stop, time goes by, and all is read once more, until nothing is left to do."""
        for system in System:
            self.vendor(system).calm_down()
        for _ in range(ROUNDS):
            self.clock.advance(130)
            await self.reconcile()
            if not (await self.outcomes()).get("pending"):
                return
        raise AssertionError(f"still pending after {ROUNDS} rounds: {await self.outcomes()}")

    async def _tell(self, system: System, id: str, how: str) -> None:
        await self.send(self.event(system, id), how)

    async def send(self, event: Event, how: str) -> None:
        """What becomes of the push: it is sent, lost, held up, sent twice, or sent again under another number."""
        match how:
            case "sent":
                await self.record(event)
            case "doubled":
                await self.record(event)
                await self.record(event)
            case "rebuilt":
                await self.record(event, replace(event, key=f"{event.key}-again"))
            case "held up":
                self.delayed.append(event)

    # What must be true.

    async def check_audit(self) -> None:
        """Every accepted event has an outcome, or a due record that owes it one."""
        assert (await self.database.read(outcomes.counts)).holds

    async def check_end(self) -> None:
        """What holds once all is settled."""
        assert await self.database.read(backlog.dead) == ()
        self._check_creations()
        assert await self.link_count() == len(self.customers)
        conflicts = await self._recorded_conflicts() if self.doubted else frozenset()
        for customer in self.customers:
            self._check_fields(customer, conflicts)
            self._check_quiet(customer)
        writes = self.writes(SALESFORCE) + self.writes(XERO)
        self.clock.advance(130)
        await self.reconcile()
        assert self.writes(SALESFORCE) + self.writes(XERO) == writes

    def record_of(self, customer: Customer, system: System) -> Observation | None:
        """The customer's record, found as a person would: by the id that it carries."""
        if system is customer.born:
            return self.vendor(system).get(OBJECTS[system], customer.id)
        key = "ContactNumber" if system is XERO else "Xero_Contact_Id__c"
        found = [seen for seen in self.vendor(system).all(OBJECTS[system]) if seen.fields.get(key) == customer.id]
        return found[0] if found else None

    def _check_creations(self) -> None:
        made = [change for system in System for change in self.vendor(system).history if change.created]
        sources = Counter(
            str(change.fields.get("ContactNumber") or change.fields.get("Xero_Contact_Id__c"))
            for change in made
            if change.by == "us"
        )
        assert all(times == 1 for times in sources.values()), sources
        for system in System:
            assert len(self.vendor(system).all(OBJECTS[system])) == len(self.customers)

    def _check_fields(self, customer: Customer, conflicts: frozenset[tuple[str, str]]) -> None:
        for name, rule in RULES.items():
            assert self._in_step(customer, name), (customer, name)
            last = customer.entered.get(name)
            in_conflict = (customer.id, rule) in conflicts
            if last and len(last.systems) == 1 and not in_conflict:
                assert self._shown(customer, SALESFORCE, name) == last.value, (customer, name)

    def _check_quiet(self, customer: Customer) -> None:
        assert self._writes_to(customer) - customer.writes_before <= MOST_WRITES_AFTER_THE_LAST_EDIT, customer

    def _writes_to(self, customer: Customer) -> int:
        refs = {record.ref for system in System if (record := self.record_of(customer, system))}
        ours = (change for system in System for change in self.vendor(system).history if change.by == "us")
        return sum(change.ref in refs for change in ours)

    async def _recorded_conflicts(self) -> frozenset[tuple[str, str]]:
        """Customers and rules of which history tells that one side's edit gave way."""
        entries = await self.database.read(lambda conn: history.of_lane(conn, self.lane, limit=10_000))
        told: set[tuple[str, str]] = set()
        for entry in entries:
            for rule, change in entry.changes.items():
                if isinstance(change, dict) and change.get("conflict"):
                    told |= {(str(entry.salesforce_id), rule), (str(entry.xero_id), rule)}
        return frozenset(told)

    def _in_step(self, customer: Customer, name: str) -> bool:
        return self._shown(customer, SALESFORCE, name) == self._shown(customer, XERO, name)

    def _shown(self, customer: Customer, system: System, name: str) -> str | None:
        record = self.record_of(customer, system)
        return shown(system, name, record) if record else None


class SimulatedAnyOrder(AnyOrder, SimulatedWorld):
    """The same with the real connectors and the simulators."""

    async def lock(self, which: int, system: System) -> None:
        """Xero locks no contact: whatever it refuses there needs a person."""
        if system is SALESFORCE:
            await super().lock(which, system)


def empty(conn: Connection) -> None:
    """Take every row out of every table."""
    for table in reversed(metadata.sorted_tables):
        conn.execute(delete(table))


def _with_policy(mapping: Mapping, policy: OnConflict) -> Mapping:
    return replace(mapping, fields=tuple(replace(rule, on_conflict=policy) for rule in mapping.fields))
