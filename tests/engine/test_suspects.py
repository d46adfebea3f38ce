"""Where little is known, a few records for which a vendor fails keep no other waiting, and blame no wrong one."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.engine.actions import Answer, Element, Request, Verb
from app.engine.batches import run_batch
from app.engine.events import Priority
from app.engine.records import Observation, System
from app.engine.recover import recover
from app.engine.retry import MAX_ATTEMPTS
from app.errors import CallRefused, Doubtful, NotDone, Unreachable
from app.store import backlog, questions
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of, claimed
from tests.support.interrupted import InterruptedVendor
from tests.support.people import People, people_sync
from tests.support.reluctant import Reluctant

SALESFORCE, XERO = System.SALESFORCE, System.XERO
REFUSED = CallRefused("this row cannot be shown", code="validation")
HANGS = Unreachable("no answer in time")
FAILED = Doubtful("500", answered=True)
EITHER = pytest.mark.parametrize("error", [REFUSED, HANGS], ids=["refused", "hangs"])


class ReluctantWorld(InterruptibleWorld):
    """A world whose vendors fail for some records."""

    salesforce: Reluctant
    xero: Reluctant


@pytest.fixture
def reluctant(world: InterruptibleWorld) -> ReluctantWorld:
    world.__class__ = ReluctantWorld
    world.salesforce, world.xero = Reluctant(SALESFORCE, world.clock), Reluctant(XERO, world.clock)
    world.restart()
    assert isinstance(world, ReluctantWorld)
    return world


def names(world: InterruptibleWorld) -> list[object]:
    return [seen.fields["Name"] for seen in world.xero.all("Contact")]


async def contact_ids(world: InterruptibleWorld) -> dict[object, str]:
    return {seen.fields["Name"]: seen.ref.id for seen in world.xero.all("Contact")}


async def enter(world: InterruptibleWorld, count: int) -> list[str]:
    """New accounts are due."""
    return [await world.edit(SALESFORCE, None, Name=f"Customer {number}") for number in range(count)]


async def go_on(world: InterruptibleWorld, times: int = 60, seconds: float = 60) -> None:
    """Drain again and again, with chance at play."""
    world.runtime = replace(world.runtime, chance=random.Random(7).random)
    for _ in range(times):
        await world.drain()
        world.clock.advance(seconds)


@EITHER
async def test_in_a_new_lane_the_first_and_the_last_hold_up_nobody(reluctant: ReluctantWorld, error: NotDone) -> None:
    ids = await enter(reluctant, 5)
    reluctant.salesforce.fails = {ids[0]: error, ids[4]: error}
    await go_on(reluctant)
    assert names(reluctant) == ["Customer 1", "Customer 2", "Customer 3"]


async def test_in_a_new_lane_two_refused_ones_become_dead_letters(reluctant: ReluctantWorld) -> None:
    reluctant.salesforce.fails = dict.fromkeys(await enter(reluctant, 2), REFUSED)
    await go_on(reluctant)
    assert await reluctant.dead() == ["validation", "validation"]


@EITHER
@pytest.mark.parametrize("due", [True, False], ids=["due", "not due"])
async def test_the_only_linked_one_out_of_sight_holds_up_no_new_ones(
    reluctant: ReluctantWorld, error: NotDone, *, due: bool
) -> None:
    linked = await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.salesforce.fails[linked] = error
    if due:
        await reluctant.edit(SALESFORCE, linked, Phone="03 1")
        await go_on(reluctant, 20, 3600)
    ids = await enter(reluctant, 3)
    reluctant.salesforce.fails[ids[1]] = error
    await go_on(reluctant)
    assert names(reluctant) == ["Linked", "Customer 0", "Customer 2"]


@EITHER
async def test_the_only_contact_out_of_sight_with_a_write_in_doubt_holds_up_no_new_ones(
    reluctant: ReluctantWorld, error: NotDone
) -> None:
    linked = await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(FAILED)
    await reluctant.edit(SALESFORCE, linked, Phone="03 1")
    await reluctant.drain()
    reluctant.clock.advance(130)
    reluctant.xero.fails = {reluctant.only(XERO).ref.id: error}
    await enter(reluctant, 3)
    await go_on(reluctant)
    assert names(reluctant) == ["Linked", "Customer 0", "Customer 1", "Customer 2"]


async def with_people(world: ReluctantWorld) -> People:
    world.sync = people_sync()
    world.restart()
    return People(world)


async def test_a_person_who_cannot_be_read_holds_up_no_other_account(reluctant: ReluctantWorld) -> None:
    people = await with_people(reluctant)
    account = await people.customer("Ridgeway")
    reluctant.clock.advance(60)
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    reluctant.salesforce.fails = {ann: HANGS}
    await reluctant.edit(SALESFORCE, None, Name="Others")
    await go_on(reluctant, 10)
    assert "Others" in names(reluctant)
    calls = len(reluctant.salesforce.calls)
    await go_on(reluctant, 60)
    assert len(reluctant.salesforce.calls) - calls < 200
    assert await reluctant.dead() == []


async def test_a_person_who_cannot_be_read_though_another_can_becomes_a_dead_letter(reluctant: ReluctantWorld) -> None:
    people = await with_people(reluctant)
    account = await people.customer("Ridgeway")
    await people.enter(None, AccountId=account, LastName="Adams")
    await reluctant.drain()
    reluctant.clock.advance(60)
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    reluctant.salesforce.fails = {ann: HANGS}
    await go_on(reluctant, 20, 3600)
    assert await reluctant.dead() == ["fails_always"]


async def test_a_person_s_deletion_is_not_lost_when_the_second_look_at_them_brings_no_answer(
    reluctant: ReluctantWorld,
) -> None:
    people = await with_people(reluctant)
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await reluctant.drain()
    assert people.names(account) == ["Bell"]
    reluctant.clock.advance(60)
    await people.delete(ann)
    bench = await bench_of(reluctant)
    await run_batch(bench, await claimed(bench))  # Ann is seen to be deleted, and her account becomes due
    reluctant.salesforce.fails = {ann: HANGS}
    await run_batch(bench, await claimed(bench))
    reluctant.salesforce.fails = {}
    await go_on(reluctant, 30)
    assert people.names(account) == []


async def failed_together(world: ReluctantWorld) -> dict[object, str]:
    """Two updates that Xero failed in one call, and one that it has answered since. The ids of the contacts."""
    ids = await enter(world, 3)
    await world.drain()
    world.clock.advance(60)
    world.xero.fail_next(FAILED)
    for id in ids[:2]:
        await world.edit(SALESFORCE, id, Phone="03 2")
    await world.drain()
    await world.edit(SALESFORCE, ids[2], Phone="03 9")
    await world.drain()
    world.clock.advance(130)
    return await contact_ids(world)


async def test_a_write_that_failed_with_another_has_not_failed_alone(reluctant: ReluctantWorld) -> None:
    reluctant.xero.fails = {(await failed_together(reluctant))["Customer 0"]: HANGS}
    await reluctant.drain()
    reluctant.xero.fails = {}
    reluctant.clock.advance(3600)
    bench = await bench_of(reluctant)
    cleared = await recover(bench, [due.ref for due in await claimed(bench)], Priority.PUSH)
    assert cleared.failures
    assert not any(failed.of_its_own for failed in cleared.failures.values())


async def test_a_record_that_was_never_written_alone_does_not_die_of_its_writes(reluctant: ReluctantWorld) -> None:
    reluctant.xero.fails = {(await failed_together(reluctant))["Customer 0"]: HANGS}
    for _ in range(MAX_ATTEMPTS - 1):
        await reluctant.drain()
        reluctant.clock.advance(3600)
    reluctant.xero.fails = {}
    await reluctant.drain()
    assert await reluctant.dead() == []


async def test_one_pair_that_fails_is_not_taken_for_a_vendor_that_is_away(reluctant: ReluctantWorld) -> None:
    ids = await enter(reluctant, 4)
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(FAILED)
    await reluctant.edit(SALESFORCE, ids[0], Phone="03 2")
    await reluctant.push(XERO, (await contact_ids(reluctant))["Customer 0"])
    await reluctant.edit(SALESFORCE, ids[1], Phone="03 2")
    await reluctant.drain()
    reluctant.clock.advance(130)
    reluctant.xero.fail_next(FAILED)  # the first one alone
    bench = await bench_of(reluctant)
    assert await run_batch(bench, await claimed(bench)) is None


async def test_who_waits_for_a_dead_letter_is_looked_at_less_and_less_often(reluctant: ReluctantWorld) -> None:
    await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(FAILED, carried_out=True)
    account = await reluctant.edit(SALESFORCE, None, Name="Ridgeway")
    reluctant.xero.fails = {account: REFUSED}  # it cannot be searched for by its key
    await reluctant.drain()
    reluctant.clock.advance(130)
    await reluctant.drain()
    assert await reluctant.dead() == ["validation"]
    await reluctant.push(XERO, (await contact_ids(reluctant))["Ridgeway"])
    calls = len(reluctant.xero.calls) + len(reluctant.salesforce.calls)
    for _ in range(240):
        reluctant.clock.advance(15)
        await reluctant.drain()
    assert len(reluctant.xero.calls) + len(reluctant.salesforce.calls) - calls < 60


async def test_a_survivor_is_not_blamed_for_whom_it_absorbed(reluctant: ReluctantWorld) -> None:
    await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(FAILED)
    loser = await reluctant.edit(SALESFORCE, None, Name="Ridgeway")
    await reluctant.drain()
    reluctant.xero.fails = {loser: REFUSED}  # it cannot be searched for by its key
    reluctant.clock.advance(1)
    survivor = reluctant.salesforce.put("Account", None, {"Name": "Ridgeway Ltd"})
    reluctant.clock.advance(1)
    reluctant.salesforce.merge("Account", loser, survivor)
    await reluctant.push(SALESFORCE, survivor)
    await reluctant.push(SALESFORCE, loser)
    await go_on(reluctant, 10)
    letters = await reluctant.database.read(backlog.dead)
    assert [letter.ref.id for letter in letters] == [loser]
    reluctant.xero.fails = {}
    await reluctant.push(SALESFORCE, loser)
    await go_on(reluctant, 20)
    assert names(reluctant) == ["Linked", "Ridgeway Ltd"]


async def update_all(world: ReluctantWorld, ids: Sequence[str], number: str) -> None:
    """Somebody edits many at once."""
    for id in ids:
        world.salesforce.put("Account", id, {"Phone": number})
    await world.record(*(world.event(SALESFORCE, id) for id in ids))


async def test_a_target_out_of_sight_frees_no_other_of_its_call_from_doubt(reluctant: ReluctantWorld) -> None:
    ids = await enter(reluctant, 41)
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(Doubtful("cut"))  # it is still under way
    await update_all(reluctant, ids, "03 1")
    await reluctant.drain()
    bench = await bench_of(reluctant)
    (call,) = await bench.memory.unresolved()
    first, last = call.intents[0], call.intents[40]
    reluctant.xero.fails = {last.target_id or "": HANGS}  # the only one of the second page
    sends = reluctant.calls(XERO, "send")
    await reluctant.edit(SALESFORCE, first.source.id, Phone="03 2")
    for _ in range(4):
        reluctant.clock.advance(6)
        await reluctant.drain()
    assert reluctant.calls(XERO, "send") == sends, "nothing is written over what may yet arrive"


async def test_what_was_carried_out_is_settled_though_one_of_its_call_is_out_of_sight(
    reluctant: ReluctantWorld,
) -> None:
    ids = await enter(reluctant, 41)
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(Doubtful("cut"), carried_out=True)
    await update_all(reluctant, ids, "03 1")
    await reluctant.drain()
    bench = await bench_of(reluctant)
    (call,) = await bench.memory.unresolved()
    reluctant.xero.fails = {call.intents[40].target_id or "": HANGS}
    await go_on(reluctant, 20)
    (left,) = await (await bench_of(reluctant)).memory.unresolved()
    assert [intent.id for intent in left.intents] == [call.intents[40].id]


@pytest.mark.parametrize("moved", [False, True])
async def test_what_is_remembered_of_a_person_does_not_outdo_what_the_account_has_shown_since(
    reluctant: ReluctantWorld, *, moved: bool
) -> None:
    people = await with_people(reluctant)
    other, account = await people.customer("Other"), await people.customer("Ridgeway")
    await people.enter(None, AccountId=account, LastName="Known")
    ann = await people.enter(None, AccountId=other if moved else account, LastName="Bell")
    await reluctant.drain()
    reluctant.clock.advance(60)
    people.put(ann, LastName="Baker", AccountId=account)  # seen with the account only
    await reluctant.edit(SALESFORCE, account, Phone="03 7")
    await reluctant.drain()
    assert "Baker" in people.names(account)
    reluctant.salesforce.hidden.add(ann)
    reluctant.salesforce.fails = {ann: HANGS}
    reluctant.clock.advance(60)
    await reluctant.edit(SALESFORCE, account, Phone="03 8")
    await reluctant.drain()
    reluctant.salesforce.fails = {}
    for number in range(3):
        reluctant.clock.advance(60)
        await reluctant.edit(SALESFORCE, account, Phone=f"03 9{number}")
        await reluctant.drain()
    assert "Baker" in people.names(account)


class Poisoned(Reluctant):
    """Fails every write that holds a record of one name."""

    name = ""

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        if self.name and any(element.fields.get("Name") == self.name for element in elements):
            raise FAILED
        return await super().send(request, verb, object, elements, priority)


async def test_a_person_who_hangs_keeps_no_failed_write_from_going_alone(reluctant: ReluctantWorld) -> None:
    reluctant.xero = poisoned = Poisoned(XERO, reluctant.clock)
    people = await with_people(reluctant)
    account = await people.customer("Ridgeway")
    reluctant.clock.advance(60)
    poisoned.name = "Customer 0"
    await enter(reluctant, 2)
    await reluctant.drain()
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    reluctant.salesforce.fails = {ann: HANGS}
    await go_on(reluctant, 60, 15)
    assert "Customer 1" in names(reluctant)


class Broken(Reluctant):
    """Fails every write, once it is broken, and shows everything."""

    broken = False
    sent = 0

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        if self.broken:
            self.sent += 1
            raise FAILED
        return await super().send(request, verb, object, elements, priority)


@pytest.mark.parametrize("taken_back", [False, True])
async def test_a_vendor_that_fails_all_writes_is_tried_with_few_though_the_first_has_nothing_left_to_write(
    reluctant: ReluctantWorld, *, taken_back: bool
) -> None:
    reluctant.xero = broken = Broken(XERO, reluctant.clock)
    reluctant.restart()
    ids = await enter(reluctant, 30)
    await reluctant.drain()
    reluctant.clock.advance(60)
    broken.broken = True
    await update_all(reluctant, ids, "03 1")
    await reluctant.drain()
    if taken_back:
        reluctant.salesforce.put("Account", ids[0], {"Phone": None})
        await reluctant.push(SALESFORCE, ids[0])
    reluctant.clock.advance(130)
    await reluctant.drain()
    assert broken.sent <= 4


async def test_a_contact_that_hangs_and_is_nobody_s_yet_holds_up_no_others(reluctant: ReluctantWorld) -> None:
    unlinked = reluctant.xero.put("Contact", None, {"Name": "Old", "EmailAddress": "o@o.example"})
    reluctant.clock.advance(6000)
    await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.clock.advance(600)
    linked = (await contact_ids(reluctant))["Linked"]
    reluctant.xero.fails = {unlinked: HANGS, linked: HANGS}
    await reluctant.edit(SALESFORCE, None, Name="Old", Phone="03 5")
    reluctant.clock.advance(1)
    await enter(reluctant, 3)
    await go_on(reluctant, 60, 15)
    assert {"Customer 0", "Customer 1", "Customer 2"} <= set(names(reluctant))


async def test_many_that_hang_do_not_starve_one_that_is_fine(reluctant: ReluctantWorld) -> None:
    settings = reluctant.runtime.settings.model_copy(update={"batch_size": 2})
    reluctant.runtime = replace(reluctant.runtime, settings=settings)
    reluctant.salesforce.fails = dict.fromkeys(await enter(reluctant, 12), HANGS)
    reluctant.clock.advance(5)
    await reluctant.edit(SALESFORCE, None, Name="Fine")
    await go_on(reluctant, 60, 15)
    assert names(reluctant) == ["Fine"]


@pytest.mark.parametrize("proven", [True, False])
async def test_a_survivor_is_not_blamed_for_the_contact_of_whom_it_absorbed(
    reluctant: ReluctantWorld, *, proven: bool
) -> None:
    loser = await reluctant.edit(SALESFORCE, None, Name="Loser")
    if proven:
        await reluctant.edit(SALESFORCE, None, Name="Linked")
    await reluctant.drain()
    reluctant.clock.advance(60)
    reluctant.xero.fail_next(FAILED)
    await reluctant.edit(SALESFORCE, loser, Phone="03 1")
    await reluctant.drain()
    reluctant.clock.advance(1)
    reluctant.xero.fails = {(await contact_ids(reluctant))["Loser"]: HANGS}
    survivor = reluctant.salesforce.put("Account", None, {"Name": "Survivor"})
    reluctant.clock.advance(1)
    reluctant.salesforce.merge("Account", loser, survivor)
    await reluctant.push(SALESFORCE, survivor)
    await reluctant.push(SALESFORCE, loser)
    reluctant.clock.advance(130)
    await enter(reluctant, 3)
    await go_on(reluctant, 60)
    letters = await reluctant.database.read(backlog.dead)
    assert survivor not in {letter.ref.id for letter in letters}
    assert {"Customer 0", "Customer 1", "Customer 2"} <= set(names(reluctant))


class GoesAway(InterruptedVendor):
    """Does not show a survivor, and goes away when it was asked for that twice."""

    survivor = ""
    shows_others = 2
    asked_for_it = asked_in_vain = 0

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        if self.asked_for_it == self.shows_others:
            self.asked_in_vain += 1
            raise HANGS
        if self.survivor in ids:
            self.asked_for_it += 1
            raise CallRefused("not shown", code="unknown")
        return await super().read(object, ids, fields, priority)


async def test_a_batch_run_one_by_one_stops_when_the_vendor_goes_away(world: InterruptibleWorld) -> None:
    world.salesforce = salesforce = GoesAway(SALESFORCE, world.clock)
    world.restart()
    loser = await world.edit(SALESFORCE, None, Name="Loser")
    await world.edit(SALESFORCE, None, Name="Linked")
    await world.drain()
    world.clock.advance(60)
    salesforce.survivor = salesforce.put("Account", None, {"Name": "Survivor"})
    salesforce.hidden.add(salesforce.survivor)  # from the scan, too
    world.clock.advance(1)
    salesforce.merge("Account", loser, salesforce.survivor)
    await world.push(SALESFORCE, loser)
    await enter(world, 20)
    bench = await bench_of(world)
    parked = await run_batch(bench, await claimed(bench))
    assert parked
    assert parked.parks
    assert salesforce.asked_in_vain <= 4


async def test_a_search_for_a_taken_name_that_always_fails_keeps_nobody_waiting_and_ends_with_a_question(
    reluctant: ReluctantWorld,
) -> None:
    for _ in range(2):
        await reluctant.edit(SALESFORCE, None, Name="Ridgeway")
    reluctant.xero.fails = {"Ridgeway": HANGS}
    await go_on(reluctant, times=2, seconds=30)
    await reluctant.edit(SALESFORCE, None, Name="Neighbour")
    await reluctant.drain()
    assert names(reluctant) == ["Ridgeway", "Neighbour"]
    assert await reluctant.database.read(questions.open_questions) == ()
    await go_on(reluctant, times=120)
    (asked,) = await reluctant.database.read(questions.open_questions)
    assert (asked.topic, asked.detail["holder"]) == ("taken", None)


async def test_a_search_for_a_taken_name_is_made_up_for_when_the_vendor_is_back(reluctant: ReluctantWorld) -> None:
    for _ in range(2):
        await reluctant.edit(SALESFORCE, None, Name="Ridgeway")
    reluctant.xero.fails = {"Ridgeway": HANGS}
    await go_on(reluctant, times=5)
    reluctant.xero.fails = {}
    await go_on(reluctant, times=10)
    (asked,) = await reluctant.database.read(questions.open_questions)
    assert asked.detail["holder"] == str(reluctant.xero.all("Contact")[0].ref)
