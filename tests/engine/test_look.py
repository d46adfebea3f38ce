"""Looking costs as few calls as can be, and what was seen is remembered."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.look import States, freshen, keyed, look, scan
from app.engine.memory import Sought
from app.engine.observe import FRESH_SECONDS
from app.engine.permits import permits_of
from app.engine.records import Presence, RecordRef, System
from app.errors import OutOfQuota
from app.store import match_index
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of

SALESFORCE, XERO = System.SALESFORCE, System.XERO
OVERLAP = timedelta(minutes=2)


def contacts(world: InterruptibleWorld, number: int) -> list[RecordRef]:
    """That many contacts, entered just now."""
    ids = [world.xero.put("Contact", None, {"Name": f"Customer {each}"}) for each in range(number)]
    return [RecordRef(XERO, "Contact", id) for id in ids]


async def freshened(bench: Bench, refs: Sequence[RecordRef], states: States, *, writes: int = 1) -> None:
    """A batch looks again at what it is about to write in `writes` calls."""
    async with permits_of(bench, Priority.PUSH) as permits:
        await freshen(bench, XERO, refs, states, permits, writes=writes)


async def seen(bench: Bench, refs: list[RecordRef]) -> States:
    states: States = {}
    await look(bench, refs, states, Priority.PUSH)
    return states


async def index(world: InterruptibleWorld, ref: RecordRef, name: str | None) -> None:
    """Let the match index hold a contact under a name, whatever it is called."""
    await world.database.run(lambda conn: match_index.save(conn, world.sync.name, "customers", {ref: {"Name": name}}))


async def candidates(bench: Bench, name: str) -> tuple[RecordRef, ...]:
    """The contacts that the match index holds under a name."""
    sought = Sought("customers", RecordRef(SALESFORCE, "Account", "x"), "Contact", {"Name": name})
    ((found,),) = (await bench.memory.find([sought])).values()
    return found.candidates


async def test_records_are_read_in_calls_of_the_size_that_the_vendor_takes(world: InterruptibleWorld) -> None:
    bench = await bench_of(world)
    states = await seen(bench, contacts(world, 45))
    assert [len(call.ids) for call in world.xero.calls] == [40, 5]
    assert len(states) == 45


async def test_a_record_that_is_named_twice_is_read_once(world: InterruptibleWorld) -> None:
    (ref,) = contacts(world, 1)
    await seen(await bench_of(world), [ref, ref])
    assert [call.ids for call in world.xero.calls] == [(ref.id,)]


async def test_what_was_seen_is_remembered_with_its_match_keys(world: InterruptibleWorld) -> None:
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    states = await seen(bench, [ref])
    assert (await bench.memory.recall([ref])).states == states
    assert await candidates(bench, "customer 0") == (ref,)


async def test_a_key_that_is_not_in_step_with_its_record_comes_right_with_the_next_look(
    world: InterruptibleWorld,
) -> None:
    """As after rules that were changed and changed back: the record is as it is known, its keys are not."""
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    states = await seen(bench, [ref])
    for key in (None, "somebody else"):
        await index(world, ref, key)
        assert await candidates(bench, "customer 0") == ()
        await look(bench, [ref], states, Priority.PUSH)
        assert await candidates(bench, "customer 0") == (ref,)
        assert await candidates(bench, "somebody else") == ()


async def test_an_older_look_at_a_record_takes_nothing_from_what_is_known_since(world: InterruptibleWorld) -> None:
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    before = (await seen(bench, [ref]))[ref]
    world.clock.advance(60)
    world.xero.put("Contact", ref.id, {"Name": "Renamed"})
    after = await seen(bench, [ref])
    late = replace(before, observed_at=world.clock.now())
    await bench.memory.remember([], keyed(bench.lane, [late]), seen_again=[late])
    assert await bench.memory.states_of([ref]) == after
    assert (await candidates(bench, "customer 0"), await candidates(bench, "renamed")) == ((), (ref,))


async def test_what_was_out_of_sight_and_is_seen_as_it_was_is_live_again(world: InterruptibleWorld) -> None:
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    was = (await seen(bench, [ref]))[ref]
    world.clock.advance(60)
    hidden = replace(was, seen=replace(was.seen, presence=Presence.INVISIBLE), observed_at=world.clock.now())
    await bench.memory.remember([hidden], keyed(bench.lane, [hidden]))
    world.clock.advance(60)
    again = replace(was, observed_at=world.clock.now())
    await bench.memory.remember([], keyed(bench.lane, [again]), seen_again=[again])
    assert await bench.memory.states_of([ref]) == {ref: again}
    assert await candidates(bench, "customer 0") == (ref,)


async def test_a_record_that_is_as_it_is_known_was_looked_at_later(world: InterruptibleWorld) -> None:
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    before = await seen(bench, [ref])
    world.clock.advance(60)
    after = dict(before)
    await look(bench, [ref], after, Priority.PUSH)
    assert after[ref] == replace(before[ref], observed_at=world.clock.now())
    assert await bench.memory.states_of([ref]) == after


async def test_a_record_that_changed_is_found_by_its_new_key(world: InterruptibleWorld) -> None:
    bench, (ref,) = await bench_of(world), contacts(world, 1)
    states = await seen(bench, [ref])
    world.clock.advance(60)
    world.xero.put("Contact", ref.id, {"Name": "Renamed"})
    await look(bench, [ref], states, Priority.PUSH)
    assert (await candidates(bench, "customer 0"), await candidates(bench, "renamed")) == ((), (ref,))


async def test_a_counterpart_that_was_seen_a_moment_ago_is_not_read_again(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 1)
    states = await seen(bench, refs)
    world.clock.advance(FRESH_SECONDS)
    await freshened(bench, refs, states)
    assert world.calls(XERO, "read") == 1
    world.clock.advance(1)
    await freshened(bench, refs, states)
    assert world.calls(XERO, "read") == 2


async def test_many_known_counterparts_are_seen_by_one_scan_of_what_changed(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 100)
    states = await seen(bench, refs)
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    world.clock.advance(OVERLAP.total_seconds() + 60)
    world.xero.put("Contact", refs[7].id, {"EmailAddress": "new@ridgeway.example"})
    calls = len(world.xero.calls)
    await freshened(bench, refs, states)
    assert [call.method for call in world.xero.calls[calls:]] == ["changed"]
    assert states[refs[7]].seen.fields["EmailAddress"] == "new@ridgeway.example"


async def test_a_few_counterparts_are_read_by_id(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 40)
    states = await seen(bench, refs)
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    world.clock.advance(60)
    calls = len(world.xero.calls)
    await freshened(bench, refs, states)
    assert [call.method for call in world.xero.calls[calls:]] == ["read"]


async def test_many_counterparts_are_read_by_id_as_long_as_nothing_was_scanned(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 45)
    states = await seen(bench, refs)
    world.clock.advance(60)
    await freshened(bench, refs, states)
    assert world.calls(XERO, "changed") == 0


async def test_a_first_scan_reads_everything_and_a_later_one_what_changed(world: InterruptibleWorld) -> None:
    bench, states = await bench_of(world), States()
    contacts(world, 3)
    world.clock.advance(3600)
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    assert len(states) == 3
    world.clock.advance(3600)
    (late,) = [world.xero.put("Contact", None, {"Name": "Later"})]
    again: States = {}
    await scan(bench, XERO, "Contact", again, Priority.PUSH, OVERLAP)
    assert [ref.id for ref in again] == [late]


async def test_a_scan_a_moment_ago_is_good_enough(world: InterruptibleWorld) -> None:
    bench = await bench_of(world)
    await scan(bench, XERO, "Contact", {}, Priority.PUSH, OVERLAP)
    world.clock.advance(FRESH_SECONDS)
    await scan(bench, XERO, "Contact", {}, Priority.PUSH, OVERLAP)
    assert world.calls(XERO, "changed") == 1


async def test_a_scan_reaches_back_for_what_the_vendor_shows_late(world: InterruptibleWorld) -> None:
    bench = await bench_of(world)
    await scan(bench, XERO, "Contact", {}, Priority.PUSH, OVERLAP)
    world.clock.advance(-(OVERLAP.total_seconds() - 1))
    (late,) = contacts(world, 1)
    world.clock.advance(OVERLAP.total_seconds() + 60)
    states: States = {}
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    assert late in states


async def test_the_position_of_a_scan_is_the_vendors_time_at_its_start(world: InterruptibleWorld) -> None:
    bench, began_at = await bench_of(world), world.clock.now()
    await scan(bench, XERO, "Contact", {}, Priority.PUSH, OVERLAP)
    scanned = await bench.memory.scanned(bench.lane.indexed_as(XERO, "Contact"))
    assert scanned
    assert (scanned.position, scanned.scanned_at) == (began_at, began_at)


async def test_batches_that_look_at_the_same_time_share_one_scan(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 150)
    states = await seen(bench, refs)
    world.clock.advance(60)
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    world.clock.advance(60)
    calls = world.calls(XERO, "changed")
    batches = [refs[start : start + 50] for start in (0, 50, 100)]
    await asyncio.gather(*(freshened(bench, batch, dict(states)) for batch in batches))
    assert world.calls(XERO, "changed") == calls + 1


async def test_every_batch_that_waits_for_one_scan_sees_what_it_saw(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 150)
    states = await seen(bench, refs)
    world.clock.advance(60)
    await scan(bench, XERO, "Contact", states, Priority.PUSH, OVERLAP)
    batches = [refs[start : start + 50] for start in (0, 50, 100)]
    edited = [batch[0] for batch in batches]
    for ref in edited:
        world.xero.put("Contact", ref.id, {"EmailAddress": "new@ridgeway.example"})
    world.clock.advance(60)
    held = [dict(states) for _ in batches]
    await asyncio.gather(*(freshened(bench, batch, each) for batch, each in zip(batches, held, strict=True)))
    found = [each[ref].seen.fields.get("EmailAddress") for ref, each in zip(edited, held, strict=True)]
    assert found == ["new@ridgeway.example"] * 3


async def test_a_look_is_not_paid_for_when_its_write_cannot_be(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 3)
    states = await seen(bench, refs)
    world.clock.advance(60)
    calls = len(world.xero.calls)
    async with permits_of(bench, Priority.PUSH) as permits:
        until = world.clock.now() + timedelta(seconds=30)
        world.xero.fail_next(OutOfQuota("the minute is used up", until=until), method="reserve")
        with pytest.raises(OutOfQuota):
            await freshen(bench, XERO, refs, states, permits, writes=1)
    assert len(world.xero.calls) == calls


async def test_a_look_is_booked_together_with_its_writes(world: InterruptibleWorld) -> None:
    bench, refs = await bench_of(world), contacts(world, 45)
    states = await seen(bench, refs)
    world.clock.advance(60)
    world.xero.booked.clear()
    await freshened(bench, refs, states, writes=3)
    looks = world.calls(XERO, "read") - 2
    assert (looks, world.xero.booked) == (2, [1, 3 + 2, 3])


@pytest.mark.parametrize(("seconds", "looks"), [(5, 1), (6, 0)])
async def test_a_look_begins_ahead_of_its_write_s_permit_where_that_is_soon_to_be_had(
    world: InterruptibleWorld, seconds: int, looks: int
) -> None:
    bench, refs = await bench_of(world), contacts(world, 3)
    states = await seen(bench, refs)
    world.clock.advance(60)
    calls, used_up = len(world.xero.calls), OutOfQuota("used up", until=world.clock.now() + timedelta(seconds=seconds))
    async with permits_of(bench, Priority.PUSH) as permits:
        world.xero.fail_next(used_up, method="reserve")
        with suppress(OutOfQuota):
            await freshen(bench, XERO, refs, states, permits, writes=1)
    assert len(world.xero.calls) - calls == looks


async def test_a_scan_that_was_stopped_goes_on_where_it_was_left(world: InterruptibleWorld) -> None:
    bench = await bench_of(world)
    for number in range(250):
        world.xero.put("Contact", None, {"Name": f"Customer {number}"})
        world.clock.advance(10)

    async def stop() -> None:
        raise OutOfQuota("the minute is used up", until=world.clock.now())

    world.xero.interrupt("changed", "after", stop)
    with pytest.raises(OutOfQuota):
        await scan(bench, XERO, "Contact", {}, Priority.PUSH, OVERLAP)
    assert await bench.memory.scanned(bench.lane.indexed_as(XERO, "Contact")) is None
    rest: States = {}
    await scan(bench, XERO, "Contact", rest, Priority.PUSH, OVERLAP)
    assert len(rest) == 151
    assert await bench.memory.scanned(bench.lane.indexed_as(XERO, "Contact"))
    assert await bench.memory.scan_under_way(bench.lane.indexed_as(XERO, "Contact")) is None
