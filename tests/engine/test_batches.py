"""Whose fault it is when a batch cannot be carried."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.engine.batches import run_batch
from app.engine.events import Priority
from app.engine.records import Observation, System
from app.engine.retry import AWAY_SECONDS, MAX_ATTEMPTS
from app.errors import CallRefused, Doubtful, NotDone, Unreachable
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of, claimed
from tests.support.interrupted import InterruptedVendor
from tests.support.reluctant import Reluctant

SALESFORCE, XERO = System.SALESFORCE, System.XERO


async def test_a_read_that_does_not_arrive_postpones_the_batch_and_blames_nobody(world: InterruptibleWorld) -> None:
    for number in range(3):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    for _ in ("all", "the first alone", "the last alone"):
        world.salesforce.fail_next(Unreachable("offline"), method="read")
    bench = await bench_of(world)
    deferred = await run_batch(bench, await claimed(bench))
    assert deferred
    assert (deferred.until, deferred.parks) == (world.clock.now() + timedelta(seconds=AWAY_SECONDS), True)
    assert await claimed(bench) == ()
    world.clock.advance(AWAY_SECONDS)
    again = await claimed(bench)
    assert [due.attempts for due in again] == [0, 0, 0]


def refused(code: str) -> CallRefused:
    return CallRefused("this row cannot be shown", code=code)


async def refusing(world: InterruptibleWorld, error: NotDone) -> None:
    """Three new accounts are due, the second of which Salesforce does not show."""
    world.salesforce = salesforce = Reluctant(SALESFORCE, world.clock)
    world.restart()
    accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(3)]
    salesforce.fails = {accounts[1]: error}


async def test_a_record_that_cannot_be_read_is_set_aside_and_the_others_are_carried(world: InterruptibleWorld) -> None:
    await refusing(world, refused("validation"))
    await world.drain()
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")] == ["Customer 0", "Customer 2"]
    assert await world.dead() == ["validation"]
    assert await world.outcomes() == {"applied": 2, "dead": 1}


async def test_a_record_that_cannot_be_read_for_now_is_tried_again_a_few_times(world: InterruptibleWorld) -> None:
    await refusing(world, refused("unknown"))
    for attempt in range(MAX_ATTEMPTS):
        assert await world.dead() == [], attempt
        await world.drain()
        world.clock.advance(3600)
    assert await world.dead() == ["unknown"]


async def test_a_refusal_that_any_record_would_meet_parks_the_lane_and_blames_nobody(world: InterruptibleWorld) -> None:
    await refusing(world, refused("field_unknown"))
    for _ in range(MAX_ATTEMPTS + 1):
        await world.drain()
        world.clock.advance(3600)
    assert await world.dead() == []
    assert await world.outcomes() == {"pending": 3}


async def test_a_vendor_that_shows_no_other_pair_either_is_away(world: InterruptibleWorld) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    bench = await bench_of(world)
    world.salesforce.fail_next(Unreachable("offline"), method="read")
    deferred = await run_batch(bench, await claimed(bench))
    assert deferred
    assert (deferred.until, deferred.parks) == (world.clock.now() + timedelta(seconds=AWAY_SECONDS), True)


async def test_a_record_that_is_not_shown_though_others_are_has_failed_of_its_own(world: InterruptibleWorld) -> None:
    await refusing(world, Unreachable("no answer in time"))
    bench = await bench_of(world)
    assert await run_batch(bench, await claimed(bench)) is None
    assert len(world.xero.all("Contact")) == 2
    world.clock.advance(3600)
    assert [due.attempts for due in await claimed(bench)] == [1]


async def test_a_record_that_is_due_alone_is_blamed_where_a_linked_one_is_shown(world: InterruptibleWorld) -> None:
    await refusing(world, Unreachable("no answer in time"))
    await world.drain()
    world.clock.advance(3600)
    bench = await bench_of(world)
    assert await run_batch(bench, await claimed(bench)) is None
    world.clock.advance(3600)
    assert [due.attempts for due in await claimed(bench)] == [2]


async def test_a_scan_that_fails_blames_no_record(world: InterruptibleWorld) -> None:
    for number in range(3):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    bench = await bench_of(world)
    for error in (Unreachable("offline"), refused("validation")):
        world.xero.fail_next(error, method="changed")
        deferred = await run_batch(bench, await claimed(bench))
        assert deferred
        assert deferred.parks
        world.clock.advance(60)
    assert [due.attempts for due in await claimed(bench)] == [0, 0, 0]


async def test_a_search_that_is_away_blames_no_record_of_a_create_in_doubt(world: InterruptibleWorld) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.xero = Blind(XERO, world.clock)
    world.restart()
    for number in range(2):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    world.xero.fail_next(Doubtful("500", answered=True))
    await world.drain()
    for _ in range(60):
        world.clock.advance(15)
        await world.drain()
    assert await world.dead() == []
    world.clock.advance(3600)
    assert [due.attempts for due in await claimed(await bench_of(world))] == [0, 0]


class Blind(InterruptedVendor):
    """A vendor that shows records by their ids, and whose search is away."""

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        raise Unreachable("no answer in time")


class Forgetful(Reluctant):
    """A vendor that fails to tell what was merged into one record."""

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._stumble(survivors)
        return await super().merged_into(object, survivors, fields, priority)

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        return await InterruptedVendor.read(self, object, ids, fields, priority)


@pytest.mark.parametrize("error", [Unreachable("no answer in time"), refused("validation")])
async def test_a_record_whose_merges_are_not_told_keeps_no_other_waiting(
    world: InterruptibleWorld, error: NotDone
) -> None:
    world.salesforce = salesforce = Forgetful(SALESFORCE, world.clock)
    world.restart()
    accounts = [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(3)]
    salesforce.fails = {accounts[1]: error}
    await world.drain()
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")] == ["Customer 0", "Customer 2"]
