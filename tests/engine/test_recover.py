"""Writes whose answer nobody knows are cleared up before anything else is planned for their records."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.engine.actions import Declined, Verb
from app.engine.batches import run_batch
from app.engine.bench import Bench
from app.engine.doubt import RUNNING_SECONDS
from app.engine.events import Priority
from app.engine.ledger import Call
from app.engine.records import Link, RecordRef, System
from app.engine.recover import in_doubt as records_in_doubt
from app.engine.recover import recover
from app.engine.retry import DOUBT_SECONDS
from app.errors import CallRefused, Doubtful, Unreachable
from app.store import history
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of, claimed
from tests.support.world import phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
CUT = Doubtful("the connection was cut")
PHONE = "Phone:Phones.DEFAULT"


async def doubtful_update(world: InterruptibleWorld, *, carried_out: bool) -> tuple[Bench, RecordRef, RecordRef]:
    """A linked customer whose phone was edited in Salesforce; whether Xero has it nobody knows."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    world.xero.fail_next(CUT, carried_out=carried_out)
    await world.edit(SALESFORCE, account, Phone="03 222")
    bench = await bench_of(world)
    await run_batch(bench, await claimed(bench))
    world.clock.advance(DOUBT_SECONDS)
    return bench, RecordRef(SALESFORCE, "Account", account), world.only(XERO).ref


async def doubtful_create(world: InterruptibleWorld, *, carried_out: bool) -> tuple[Bench, RecordRef]:
    """An account whose create nobody knows the end of."""
    world.xero.fail_next(CUT, carried_out=carried_out)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    bench = await bench_of(world)
    await run_batch(bench, await claimed(bench))
    return bench, RecordRef(SALESFORCE, "Account", account)


async def link_of(bench: Bench, ref: RecordRef) -> Link:
    (link,) = (await bench.memory.recall([ref])).links[ref]
    return link


async def in_doubt(bench: Bench) -> Sequence[Call]:
    return await bench.memory.unresolved()


async def test_records_that_no_write_concerns_cost_no_call(world: InterruptibleWorld) -> None:
    await doubtful_create(world, carried_out=False)
    calls = len(world.xero.calls)
    other = RecordRef(SALESFORCE, "Account", await world.edit(SALESFORCE, None, Name="Harbour Cafe"))
    doubts, known, *_ = await recover(await bench_of(world), [other], Priority.PUSH)
    assert (doubts, known.in_doubt, len(world.xero.calls)) == ({}, frozenset(), calls)


@pytest.mark.parametrize("named_by", ["source", "target"])
async def test_an_update_that_was_carried_out_is_folded_into_base(world: InterruptibleWorld, named_by: str) -> None:
    bench, account, contact = await doubtful_update(world, carried_out=True)
    doubts, known, *_ = await recover(bench, [account if named_by == "source" else contact], Priority.PUSH)
    assert doubts == {}
    assert known.in_doubt == frozenset()
    assert (await link_of(bench, account)).base[PHONE] == ("03 222", "03 222")
    assert await in_doubt(bench) == ()
    assert world.writes(XERO) == 2


async def test_an_edit_of_the_target_since_is_no_part_of_what_is_folded(world: InterruptibleWorld) -> None:
    bench, account, contact = await doubtful_update(world, carried_out=True)
    world.xero.put("Contact", contact.id, {"EmailAddress": "new@ridgeway.example"})
    await recover(bench, [account], Priority.PUSH)
    base = (await link_of(bench, account)).base
    assert base[PHONE] == ("03 222", "03 222")
    assert base["Email__c:EmailAddress"] == (None, None)


async def test_an_update_without_a_trace_is_sent_again_as_it_was(world: InterruptibleWorld) -> None:
    bench, account, _ = await doubtful_update(world, carried_out=False)
    world.salesforce.put("Account", account.id, {"Phone": "03 333"})
    await recover(bench, [account], Priority.PUSH)
    lost, again = [call.request for call in world.xero.calls if call.verb is Verb.UPDATE]
    assert lost == again
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert (await link_of(bench, account)).base[PHONE] == ("03 222", "03 222")


async def test_an_update_without_a_trace_is_believed_lost_when_it_can_no_longer_be_running(
    world: InterruptibleWorld,
) -> None:
    bench, account, _ = await doubtful_update(world, carried_out=False)
    world.clock.advance(RUNNING_SECONDS)
    await recover(bench, [account], Priority.PUSH)
    assert await in_doubt(bench) == ()
    assert (await link_of(bench, account)).base[PHONE] == ("03 111", "03 111")
    assert world.writes(XERO) == 1


async def test_a_target_that_a_person_changed_is_waited_out(world: InterruptibleWorld) -> None:
    bench, account, contact = await doubtful_update(world, carried_out=False)
    sent_at = (await in_doubt(bench))[0].sent_at
    world.xero.put("Contact", contact.id, {"Phones": phone("03 999")})
    doubts, *_ = await recover(bench, [account], Priority.PUSH)
    assert doubts == dict.fromkeys([account, contact], sent_at + timedelta(seconds=RUNNING_SECONDS))
    world.clock.advance(RUNNING_SECONDS)
    doubts, *_ = await recover(bench, [account], Priority.PUSH)
    assert (doubts, await in_doubt(bench)) == ({}, ())


async def test_a_second_try_that_is_cut_too_stays_in_doubt(world: InterruptibleWorld) -> None:
    bench, account, contact = await doubtful_update(world, carried_out=False)
    world.xero.fail_next(CUT)
    doubts, known, *_ = await recover(bench, [account], Priority.PUSH)
    assert doubts == dict.fromkeys([account, contact], world.clock.now() + timedelta(seconds=DOUBT_SECONDS))
    assert account in known.in_doubt


async def test_a_second_try_that_is_refused_as_a_whole_is_waited_out(world: InterruptibleWorld) -> None:
    bench, account, _ = await doubtful_update(world, carried_out=False)
    world.xero.fail_next(CallRefused("the key belongs to another request", code="idempotency_clash"))
    doubts, *_ = await recover(bench, [account], Priority.PUSH)
    assert doubts[account] == world.clock.now() + timedelta(seconds=RUNNING_SECONDS - DOUBT_SECONDS)
    assert len(await in_doubt(bench)) == 1


async def test_a_vendor_that_is_away_leaves_the_doubt_as_it_is(world: InterruptibleWorld) -> None:
    bench, account, _ = await doubtful_update(world, carried_out=False)
    world.xero.fail_next(Unreachable("offline"), method="read")
    cleared = await recover(bench, [account], Priority.PUSH)
    assert [why.proven for why in cleared.unshown.values()] == [False, False], "neither account nor contact is blamed"
    assert len(await in_doubt(bench)) == 1


async def test_a_second_try_that_is_declined_is_settled_as_refused(world: InterruptibleWorld) -> None:
    bench, account, contact = await doubtful_update(world, carried_out=False)
    world.xero.decline_next(Declined("validation", "no"), id=contact.id)
    doubts, *_ = await recover(bench, [account], Priority.PUSH)
    assert (doubts, await in_doubt(bench)) == ({}, ())
    assert (await link_of(bench, account)).base[PHONE] == ("03 111", "03 111")


async def test_a_create_that_was_carried_out_is_found_by_its_key_and_tied(world: InterruptibleWorld) -> None:
    bench, account = await doubtful_create(world, carried_out=True)
    await recover(bench, [account], Priority.PUSH)
    link = await link_of(bench, account)
    assert (link.xero, link.base[PHONE]) == (world.only(XERO).ref, ("03 111", "03 111"))
    assert world.calls(XERO, "send") == 1


async def test_a_create_without_a_trace_is_sent_again_under_its_key(world: InterruptibleWorld) -> None:
    bench, account = await doubtful_create(world, carried_out=False)
    await recover(bench, [account], Priority.PUSH)
    assert (await link_of(bench, account)).xero == world.only(XERO).ref
    lost, again = [call.request for call in world.xero.calls if call.request]
    assert lost == again


async def test_what_was_found_carried_out_is_told_in_history(world: InterruptibleWorld) -> None:
    bench, account = await doubtful_create(world, carried_out=True)
    await recover(bench, [account], Priority.PUSH)
    entries = await world.database.read(lambda conn: history.of_record(conn, account))
    assert [(entry.action, entry.outcome) for entry in entries] == [("create", "done"), ("create", "deferred")]
    assert entries[0].reason == "a write in doubt was found to be carried out"
    assert entries[0].xero_id == world.only(XERO).ref.id


async def test_a_batch_in_doubt_is_cleared_up_element_by_element(world: InterruptibleWorld) -> None:
    world.xero.fail_next(CUT, carried_out=True)
    ids = [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(45)]
    bench = await bench_of(world)
    await run_batch(bench, await claimed(bench))
    await recover(bench, [RecordRef(SALESFORCE, "Account", ids[0])], Priority.PUSH)
    assert [len(call.ids) for call in world.xero.calls if call.method == "find"] == [40, 5]
    assert await world.link_count() == 45


async def test_a_record_found_as_a_counterpart_is_known_to_be_in_doubt(world: InterruptibleWorld) -> None:
    bench, account = await doubtful_create(world, carried_out=True)
    assert await records_in_doubt(bench, [account]) == {account}
    assert await records_in_doubt(bench, []) == frozenset()
    await recover(bench, [account], Priority.PUSH)
    assert await records_in_doubt(bench, [account]) == frozenset()
