"""Unlinked records find their counterparts, and nobody is tied on a guess."""

from dataclasses import replace

from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import DueRecord
from app.engine.look import States, look
from app.engine.match import IDENTITY
from app.engine.pairing import LOOK_AND_WRITE, find_counterparts, scan_both_sides, unpaired
from app.engine.permits import permits_of
from app.engine.records import Link, RecordRef, System
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of
from tests.support.customers import CUSTOMERS, in_salesforce, in_xero
from tests.support.records import NOON, account, contact

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def enter_account(world: InterruptibleWorld, **fields: object) -> RecordRef:
    id = world.salesforce.put("Account", None, _entered(fields))
    return RecordRef(SALESFORCE, "Account", id)


def enter_contact(world: InterruptibleWorld, **fields: object) -> RecordRef:
    return RecordRef(XERO, "Contact", world.xero.put("Contact", None, _entered(fields)))


def _entered(fields: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items()}


def case(ref: RecordRef) -> Case:
    due = (DueRecord(ref, 1, Priority.PUSH, 0, NOON),)
    return Case(CUSTOMERS, due, ref, None) if ref.system is SALESFORCE else Case(CUSTOMERS, due, None, ref)


async def paired(bench: Bench, *refs: RecordRef) -> list[Case]:
    """The cases of those due records once they have looked for their counterparts."""
    states: States = {}
    await look(bench, refs, states, Priority.PUSH)
    async with permits_of(bench, Priority.PUSH) as permits:
        cases = [case(ref) for ref in refs]
        await scan_both_sides(bench, unpaired(cases, states), states, permits)
        return await find_counterparts(bench, cases, states, Priority.PUSH)


async def test_a_record_is_found_by_what_it_shares(world: InterruptibleWorld) -> None:
    there = enter_contact(world, Name="Ridgeway Ltd", EmailAddress="a@ridgeway.example")
    here = enter_account(world, Name="Ridgeway", Email__c="A@ridgeway.example")
    (found,) = await paired(await bench_of(world), here)
    assert (found.salesforce, found.xero, found.matched.by) == (here, there, "EmailAddress")


async def test_a_record_that_carries_our_id_outranks_every_other_key(world: InterruptibleWorld) -> None:
    here = enter_account(world, Name="Ridgeway")
    enter_contact(world, Name="Ridgeway")
    there = enter_contact(world, Name="Renamed", ContactNumber=here.id)
    (found,) = await paired(await bench_of(world), here)
    assert (found.xero, found.matched.by) == (there, IDENTITY)


async def test_a_record_is_found_by_the_id_that_it_carries_itself(world: InterruptibleWorld) -> None:
    there = enter_account(world, Name="Ridgeway")
    here = enter_contact(world, Name="Renamed", ContactNumber=there.id)
    (found,) = await paired(await bench_of(world), here)
    assert (found.salesforce, found.matched.by) == (there, IDENTITY)


async def test_the_look_for_a_counterpart_is_booked_together_with_a_create(world: InterruptibleWorld) -> None:
    here = enter_account(world, Name="Ridgeway")
    await paired(await bench_of(world), here)
    assert (world.xero.booked, world.salesforce.booked) == ([1, LOOK_AND_WRITE], [1])


async def test_what_was_merged_is_asked_for_where_that_can_be_asked(world: InterruptibleWorld) -> None:
    bench, here = await bench_of(world), enter_account(world, Name="Ridgeway")
    await paired(bench, here)
    world.clock.advance(60)
    await paired(bench, here)
    assert (world.calls(SALESFORCE, "find"), world.calls(XERO, "find")) == (2, 0)


async def test_a_key_that_another_of_our_own_got_since_is_a_shared_one(world: InterruptibleWorld) -> None:
    bench, first = await bench_of(world), enter_account(world, Name="Bell")
    await paired(bench, first)
    world.clock.advance(60)
    there = enter_contact(world, Name="Ridgeway")
    here, _ = enter_account(world, Name="Ridgeway"), enter_account(world, Name="Ridgeway")
    (found,) = await paired(bench, here)
    assert (found.single, found.matched.candidates) == (here, (there,))


async def test_a_record_that_is_gone_is_nobodys_counterpart(world: InterruptibleWorld) -> None:
    there = enter_account(world, Name="Ridgeway")
    here = enter_contact(world, Name="Ridgeway", ContactNumber=there.id)
    world.salesforce.delete("Account", there.id)
    (found,) = await paired(await bench_of(world), here)
    assert (found.single, found.matched.gone) == (here, there)


async def test_one_that_is_gone_and_carries_our_id_is_known_to_belong_to_us(world: InterruptibleWorld) -> None:
    here = enter_account(world, Name="Ridgeway")
    there = enter_contact(world, Name="Renamed", ContactNumber=here.id)
    world.xero.archive("Contact", there.id)
    (found,) = await paired(await bench_of(world), here)
    assert (found.single, found.matched.gone) == (here, there)


async def test_one_that_is_there_is_rather_our_counterpart_than_one_that_is_gone(world: InterruptibleWorld) -> None:
    before, there = enter_account(world, Name="Former"), enter_account(world, Name="Ridgeway")
    here = enter_contact(world, Name="Ridgeway", ContactNumber=before.id)
    world.salesforce.delete("Account", before.id)
    (found,) = await paired(await bench_of(world), here)
    assert (found.salesforce, found.matched.gone) == (there, None)


async def test_whom_the_record_names_and_no_scan_has_shown_is_looked_at(world: InterruptibleWorld) -> None:
    there = enter_account(world, Name="Ridgeway")
    here = enter_contact(world, Name="Ridgeway", ContactNumber=there.id)
    world.salesforce.delete("Account", there.id)
    bench, states, new = await bench_of(world), States(), case(here)
    await look(bench, [here], states, Priority.PUSH)
    world.salesforce.hidden.add(there.id)
    async with permits_of(bench, Priority.PUSH) as permits:
        await scan_both_sides(bench, [new], states, permits)
        world.salesforce.hidden.clear()
        (found,) = await find_counterparts(bench, [new], states, Priority.PUSH)
    assert found.matched.gone == there


async def test_a_record_that_is_linked_is_nobody_elses_counterpart(world: InterruptibleWorld) -> None:
    bench = await bench_of(world)
    there = enter_account(world, Name="Ridgeway")
    await bench.memory.bind([Link(0, "customers", "", there, contact(99), {})])
    here = enter_contact(world, Name="Ridgeway", ContactNumber=there.id)
    (found,) = await paired(bench, here)
    assert (found.single, found.matched.candidates) == (here, ())


async def test_several_with_one_key_are_candidates(world: InterruptibleWorld) -> None:
    both = {enter_contact(world, Name=f"Ridgeway {n}", EmailAddress="office@ridgeway.example") for n in (1, 2)}
    here = enter_account(world, Name="Ridgeway", Email__c="office@ridgeway.example")
    (found,) = await paired(await bench_of(world), here)
    assert (found.single, set(found.matched.candidates)) == (here, both)


async def test_a_key_that_another_of_our_own_has_too_only_makes_a_candidate(world: InterruptibleWorld) -> None:
    there = enter_contact(world, Name="Ridgeway")
    here, _ = enter_account(world, Name="Ridgeway"), enter_account(world, Name="Ridgeway")
    (found,) = await paired(await bench_of(world), here)
    assert (found.single, found.matched.candidates) == (here, (there,))


async def test_two_that_find_each_other_are_one_case(world: InterruptibleWorld) -> None:
    here, there = enter_account(world, Name="Ridgeway"), enter_contact(world, Name="Ridgeway")
    (found,) = await paired(await bench_of(world), here, there)
    assert (found.salesforce, found.xero) == (here, there)
    assert {due.ref for due in found.due} == {here, there}


async def test_a_record_that_two_claim_by_different_keys_is_for_a_person(world: InterruptibleWorld) -> None:
    there = enter_contact(world, Name="Ridgeway", EmailAddress="a@ridgeway.example")
    by_name = enter_account(world, Name="Ridgeway")
    by_address = enter_account(world, Name="Harbour Cafe", Email__c="a@ridgeway.example")
    cases = await paired(await bench_of(world), by_name, by_address)
    assert {found.single: found.matched.candidates for found in cases} == {by_name: (there,), by_address: (there,)}


async def test_a_due_record_that_was_found_belongs_to_the_case_that_found_it(world: InterruptibleWorld) -> None:
    here = enter_account(world, Name="Ridgeway")
    there = enter_contact(world, Name="Another name", ContactNumber=here.id)
    (found,) = await paired(await bench_of(world), there, here)
    assert {due.ref for due in found.due} == {here, there}


async def test_the_other_side_is_scanned_once_for_a_whole_batch(world: InterruptibleWorld) -> None:
    here = [enter_account(world, Name=f"Customer {number}") for number in range(5)]
    await paired(await bench_of(world), *here)
    assert world.calls(XERO, "changed") == 1
    assert world.calls(XERO, "read") == 0


async def test_only_records_that_may_be_linked_look_for_a_counterpart() -> None:
    opt_in = replace(CUSTOMERS, opt_in="Sync_to_Xero__c")
    ticked, unticked = in_salesforce(Sync_to_Xero__c=True), in_salesforce(Sync_to_Xero__c=False)
    due = replace(case(account()), mapping=opt_in)
    assert unpaired([due], {account(): ticked}) == [due]
    assert unpaired([due], {account(): unticked}) == []
    assert unpaired([due], {}) == []
    both = Case(opt_in, (), account(), contact())
    assert unpaired([both], {account(): ticked, contact(): in_xero()}) == []
