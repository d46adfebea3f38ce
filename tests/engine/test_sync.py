"""The story of one batch, from what is known of it to what became of it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from app.engine.batches import run_batch
from app.engine.events import Kind
from app.engine.records import Link, RecordRef, System
from app.errors import ConditionFailed, LeaseLost, Unreachable
from app.mapping.lenses import Text
from app.mapping.model import CreateRule, Direction, FieldRule, Mapping, Mode, OnConflict, Sync
from app.mapping.payment_terms import xero_terms
from app.mapping.values import Fields
from app.store import backlog, history, leases, links, match_index, questions
from app.store.database import Database
from app.store.tables import metadata
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of, claimed
from tests.support.clock import VirtualClock
from tests.support.world import World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO

WorldOf = Callable[[Sync], World]


@pytest.fixture
async def world_of(clock: VirtualClock) -> AsyncIterator[WorldOf]:
    """Builds a world of any sync on one database."""
    database = Database.direct("sqlite://", clock_now=clock.now)
    await database.run(metadata.create_all)
    yield lambda sync: World(database, clock, sync)
    await database.close()


async def test_an_echo_costs_no_call(world: InterruptibleWorld) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.push(XERO, world.only(XERO).ref.id)
    calls = len(world.xero.calls) + len(world.salesforce.calls)
    bench = await bench_of(world)
    assert await run_batch(bench, await claimed(bench)) is None
    assert len(world.xero.calls) + len(world.salesforce.calls) == calls


async def test_what_was_just_written_is_in_the_match_index_as_it_is_now(world: InterruptibleWorld) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.edit(SALESFORCE, account, Name="Ridgeway Bank")
    await world.drain()
    names = ["ridgeway", "ridgeway bank"]
    found = await world.database.read(
        lambda conn: match_index.find(conn, world.sync.name, "customers", XERO, "Name", names)
    )
    assert found == {"ridgeway bank": (world.only(XERO).ref.id,)}


async def test_records_that_are_linked_wait_for_no_lock(world: InterruptibleWorld) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Phone="03 222")
    bench = await bench_of(world)
    async with bench.matching:
        await run_batch(bench, await claimed(bench))
    assert world.writes(XERO) == 2


async def test_a_record_that_no_mapping_concerns_any_more_is_filtered(world: InterruptibleWorld) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    bench = await bench_of(world)
    lane = replace(bench.lane, mappings=())
    await run_batch(replace(bench, lane=lane), await claimed(bench))
    assert await world.outcomes() == {"filtered": 1}
    assert world.xero.calls == []


class Unanswerable:
    """A condition that has no answer for any record."""

    source = "salesforce.Type"

    def fields(self, system: System) -> frozenset[str]:
        return frozenset()

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        raise ConditionFailed("Type has no answer")


async def test_a_condition_without_an_answer_sets_the_record_aside(world_of: WorldOf) -> None:
    rule = CreateRule(Unanswerable())
    world = world_of(accounts_sync(lambda mapping: replace(mapping, create_in_xero=rule)))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    (letter,) = await world.database.read(backlog.dead)
    assert (letter.code, letter.reason) == ("condition", "Type has no answer")


async def test_a_value_that_the_other_side_can_hold_in_no_form_sets_the_record_aside(world_of: WorldOf) -> None:
    terms = FieldRule(
        "Terms__c:PaymentTerms.Sales", Text("Terms__c", 255, None), xero_terms("Sales"), Direction.BOTH, OnConflict.XERO
    )
    world = world_of(accounts_sync(lambda mapping: replace(mapping, fields=(*mapping.fields, terms))))
    await world.edit(SALESFORCE, None, Name="Ridgeway", Terms__c="Net 30")
    await world.drain()
    (letter,) = await world.database.read(backlog.dead)
    assert letter.code == "unfit"
    assert 'such as 20 DAYSAFTERBILLDATE, not "NET 30"' in (letter.reason or "")
    assert world.calls(XERO, "send") == 0


async def test_a_lease_that_is_lost_on_the_way_settles_nothing(world: InterruptibleWorld) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    bench = await bench_of(world)
    batch = await claimed(bench)
    world.clock.advance(30)
    await world.database.run(lambda conn: leases.take(conn, world.lane, "worker-2", world.clock.now(), 25))
    with pytest.raises(LeaseLost):
        await run_batch(bench, batch)
    assert await world.outcomes() == {"pending": 1}
    assert world.calls(XERO, "send") == 0


async def test_in_observe_mode_a_match_is_told_and_not_tied(world_of: WorldOf) -> None:
    world = world_of(accounts_sync(mode=Mode.OBSERVE))
    world.xero.put("Contact", None, {"Name": "Ridgeway"})
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert await world.link_count() == 0
    assert await world.outcomes() == {"filtered": 1}
    (entry,) = await world.database.read(lambda conn: history.of_lane(conn, world.lane))
    assert (entry.outcome, entry.reason) == ("previewed", "linked by Name")
    assert world.calls(XERO, "send") == world.calls(SALESFORCE, "send") == 0


def twice(sync: Sync) -> Sync:
    """Two mappings of one object onto one resource; the second one creates nothing in Salesforce."""
    twin: Mapping = replace(sync.mappings["customers"], name="twins", create_in_salesforce=None)
    return replace(sync, mappings={**sync.mappings, "twins": twin})


async def test_a_record_of_two_mappings_stays_due_until_both_are_done(world_of: WorldOf) -> None:
    world = world_of(twice(accounts_sync()))
    world.xero.fail_next(Unreachable("offline"))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert await world.outcomes() == {"pending": 1}


async def test_a_match_that_somebody_else_ties_meanwhile_is_a_question(world: InterruptibleWorld) -> None:
    contact = RecordRef(XERO, "Contact", world.xero.put("Contact", None, {"Name": "Ridgeway"}))
    stranger = Link(0, "customers", "", RecordRef(SALESFORCE, "Account", "001000000000099AAA"), contact, {})

    async def time_passes() -> None:
        world.clock.advance(11)

    async def somebody_ties_the_contact() -> None:
        await world.database.run(lambda conn: links.bind(conn, world.sync.name, stranger, world.clock.now()))

    world.xero.interrupt("changed", "after", time_passes)
    world.xero.interrupt("read", "after", somebody_ties_the_contact)
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    bench = await bench_of(world)
    await run_batch(bench, await claimed(bench))
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "already_linked"
    assert world.calls(XERO, "send") == 0


async def test_a_deleted_record_is_looked_at_for_its_evidence(world: InterruptibleWorld) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(60)
    await world.push(SALESFORCE, account, Kind.DELETED)
    await world.drain()
    assert world.only(XERO).presence == "live"
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account, Kind.DELETED)
    await world.drain()
    assert world.only(XERO).presence == "archived"
