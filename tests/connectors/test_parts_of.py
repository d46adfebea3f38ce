"""Whichever connector is asked: the living parts of records, the oldest first."""

from collections.abc import Mapping, Sequence

import pytest

from app.engine.events import Priority
from app.engine.records import Observation
from app.mapping.model import Part
from app.mapping.values import System
from app.simulator.salesforce.transaction import Writer
from tests.connectors.benches import MemoryBench, SalesforceBench, XeroBench
from tests.support.clock import VirtualClock

PEOPLE = Part(System.SALESFORCE, "Contact", ("AccountId",), "Contacts", frozenset({"LastName"}))
SOMEBODY = Writer("person", "0055g0000000001AAA")


class People:
    """Somebody who enters and deletes people at either vendor."""

    def __init__(self, bench: MemoryBench | SalesforceBench, clock: VirtualClock) -> None:
        self.bench = bench
        self._clock = clock

    def enter(self, account: str | None, name: str) -> str:
        self._clock.advance(1)
        fields = {"AccountId": account, "LastName": name}
        if isinstance(self.bench, MemoryBench):
            return self.bench.vendor.put("Contact", None, fields)
        with self.bench.world.records.transaction(SOMEBODY) as transaction:
            return transaction.create("Contact", fields).id

    def delete(self, id: str) -> None:
        if isinstance(self.bench, MemoryBench):
            self.bench.vendor.delete("Contact", id)
            return
        records = self.bench.world.records
        record = records.get(records.kind("Contact"), id)
        assert record
        with records.transaction(SOMEBODY) as transaction:
            transaction.delete(record)

    async def found(self, *accounts: str) -> Mapping[str, Sequence[Observation]]:
        return await self.bench.connector.parts_of(PEOPLE, accounts, Priority.PUSH)


@pytest.fixture(params=["memory", "salesforce"])
def people(request: pytest.FixtureRequest, clock: VirtualClock) -> People:
    in_memory = request.param == "memory"
    return People(MemoryBench(System.SALESFORCE, clock) if in_memory else SalesforceBench(clock), clock)


async def test_parts_are_found_by_their_parent_oldest_first(people: People) -> None:
    one, two, three = (people.bench.put(None, {"Name": name}) for name in ("One", "Two", "Three"))
    ann, bea = people.enter(one, "Ann"), people.enter(two, "Bea")
    cid = people.enter(one, "Cid")
    people.enter(None, "Nobody's")
    found = await people.found(one, two, three)
    assert {id: [seen.ref.id for seen in parts] for id, parts in found.items()} == {
        one: [ann, cid],
        two: [bea],
        three: [],
    }
    assert [seen.fields for seen in found[one]] == [{"LastName": "Ann"}, {"LastName": "Cid"}]
    assert found[one][1].ref.object == "Contact"
    assert found[one][1].version


async def test_deleted_parts_are_none(people: People) -> None:
    account = people.bench.put(None, {"Name": "One"})
    people.delete(people.enter(account, "Ann"))
    assert await people.found(account) == {account: []}


async def test_many_parents_are_asked_for_in_several_queries(people: People) -> None:
    accounts = [people.bench.put(None, {"Name": f"Account {n}"}) for n in range(600)]
    first, last = people.enter(accounts[0], "First"), people.enter(accounts[-1], "Last")
    found = await people.found(*accounts)
    assert [seen.ref.id for parts in found.values() for seen in parts] == [first, last]


async def test_a_vendor_has_no_parts_of_the_other_system(clock: VirtualClock) -> None:
    for bench in (XeroBench(clock), MemoryBench(System.XERO, clock)):
        assert list(await bench.connector.parts_of(PEOPLE, ["one"], Priority.PUSH)) == ["one"]
        assert [list(parts) for parts in (await bench.connector.parts_of(PEOPLE, ["one"], Priority.PUSH)).values()] == [
            []
        ]
