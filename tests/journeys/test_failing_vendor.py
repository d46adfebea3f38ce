"""A vendor that fails for one record, or for all: few calls, no neighbour is kept waiting, and a person is told."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pytest

from app.connectors.memory import MemoryVendor
from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import Observation, System
from app.errors import Doubtful, Unreachable
from app.simulator.faults import Fault
from tests.support.kinds import KINDS, SIMULATED, NewWorld
from tests.support.people import People, people_sync
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import World, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
LIKELY = [name for name in SIMULATED if KINDS[name].likely]
AN_HOUR = 3600


async def customers(world: World, *names: str) -> dict[str, str]:
    """Linked customers by name, not seen for a while."""
    ids = {name: await world.edit(SALESFORCE, None, Name=name, Phone="03 111") for name in names}
    await world.drain()
    world.clock.advance(600)
    return ids


async def edit_all(world: World, ids: Mapping[str, str]) -> None:
    for account in ids.values():
        await world.edit(SALESFORCE, account, Phone="03 222")


async def go_on(world: World, seconds: int, step: int = 15) -> None:
    """Drain every few seconds."""
    for _ in range(0, seconds, step):
        world.clock.advance(step)
        await world.drain()


def numbers(world: World) -> dict[object, object]:
    return {seen.fields["Name"]: seen.fields["Phones"] for seen in world.xero.all("Contact")}


def fail_writes(world: World, patch: pytest.MonkeyPatch, names: Collection[str], *, answered: bool) -> list[int]:
    """Xero fails every update of these contacts; how many elements each of our writes had, as they are sent."""
    ids = {seen.ref.id for seen in world.xero.all("Contact") if seen.fields["Name"] in names}
    assert isinstance(world.xero, MemoryVendor)
    real, sent = world.xero.send, list[int]()

    async def send(
        request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        sent.append(len(elements))
        if ids.intersection(element.id for element in elements):
            raise Doubtful("Xero failed (500)", answered=answered)
        return await real(request, verb, object, elements, priority)

    patch.setattr(world.xero, "send", send)
    return sent


def fail_reads(world: World, patch: pytest.MonkeyPatch, system: System, ids: Collection[str]) -> list[int]:
    """A system brings no answer to any read of these records; how many ids each read asked for, as they are made."""
    vendor = world.vendor(system)
    assert isinstance(vendor, MemoryVendor)
    real, asked = vendor.read, list[int]()

    async def read(
        object: str, wanted: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        asked.append(len(wanted))
        if set(ids).intersection(wanted):
            raise Unreachable("no answer in time")
        return await real(object, wanted, fields, priority)

    patch.setattr(vendor, "read", read)
    return asked


def contact_named(world: World, name: str) -> str:
    (id,) = [seen.ref.id for seen in world.xero.all("Contact") if seen.fields["Name"] == name]
    return id


@pytest.mark.parametrize("kind", LIKELY, indirect=True)
async def test_a_write_that_xero_carried_out_and_answered_with_an_error_is_found_within_seconds(
    new_world: NewWorld,
) -> None:
    world = new_world()
    assert isinstance(world, SimulatedWorld)
    ids = await customers(world, "Ridgeway")
    world.xero.world.faults.order(Fault.ERROR_AFTER_COMMIT, 1, method="POST")
    await world.edit(SALESFORCE, ids["Ridgeway"], Phone="03 222")
    await go_on(world, 10, step=5)
    assert await world.outcomes() == {"applied": 1, "unchanged": 1}  # created; found to be as it should
    assert (numbers(world), world.writes(XERO)) == ({"Ridgeway": phone("03 222")}, 2)


@pytest.mark.parametrize("kind", LIKELY, indirect=True)
async def test_an_error_of_xero_is_not_asked_for_again_and_again(new_world: NewWorld) -> None:
    world = new_world()
    assert isinstance(world, SimulatedWorld)
    ids = await customers(world, "Ridgeway")
    world.xero.world.faults.order(Fault.ERROR, 1, method="POST")
    before = len(world.xero.calls)
    await world.edit(SALESFORCE, ids["Ridgeway"], Phone="03 222")
    await go_on(world, 300)
    sent = Counter("POST" if call.method == "send" else "GET" for call in world.xero.calls[before:])
    # looked at and written, looked at at once and after two minutes, looked at and written
    assert (sent, await world.dead()) == ({"POST": 2, "GET": 4}, [])
    assert numbers(world) == {"Ridgeway": phone("03 222")}


@pytest.mark.memory
@pytest.mark.parametrize(
    ("answered", "writes"),
    [
        (True, [2, 1, *[1] * 8]),  # both, the neighbour alone, and eight times the one that fails
        (False, [2, 2, 1, *[1] * 16]),  # what is not answered at all is sent once more each time
    ],
)
async def test_a_record_whose_writes_always_fail_keeps_no_neighbour_waiting_and_becomes_a_dead_letter(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, *, answered: bool, writes: list[int]
) -> None:
    world = new_world()
    ids = await customers(world, "Bad", "Good")
    sent = fail_writes(world, monkeypatch, {"Bad"}, answered=answered)
    await edit_all(world, ids)
    await go_on(world, 150)
    assert numbers(world) == {"Bad": phone("03 111"), "Good": phone("03 222")}
    edits = 0
    while not await world.dead():
        edits += 1
        await world.edit(SALESFORCE, ids["Good"], Phone=f"03 {edits}")  # which shows that the vendor is not away
        await go_on(world, 60)
    assert await world.dead() == ["fails_always"]
    assert sorted(sent, reverse=True) == sorted([*writes, *[1] * edits], reverse=True)


@pytest.mark.memory
async def test_a_vendor_that_fails_every_write_is_tried_with_few_and_all_are_written_when_it_is_back(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    names = [f"Customer {number}" for number in range(8)]
    ids = await customers(world, *names)
    with monkeypatch.context() as patch:
        sent = fail_writes(world, patch, names, answered=True)
        await edit_all(world, ids)
        await go_on(world, 600)
        assert (sum(sent), sent[:6]) == (40, [8, 1, 1, 6, 1, 1])  # elements in ten minutes, and the first calls
        await go_on(world, AN_HOUR // 2, step=60)
    await go_on(world, 300)
    assert numbers(world) == dict.fromkeys(names, phone("03 222"))
    assert await world.dead() == []


@pytest.mark.memory
async def test_a_record_whose_reads_always_fail_keeps_no_neighbour_waiting_and_becomes_a_dead_letter(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    names = [f"Customer {number}" for number in range(8)]
    ids = await customers(world, *names)
    unread = {"Customer 2", "Customer 5"}
    asked = fail_reads(world, monkeypatch, SALESFORCE, {ids[name] for name in unread})
    await edit_all(world, ids)
    await world.drain()
    assert {name for name, number in numbers(world).items() if number != phone("03 222")} == unread
    for edits in range(160):  # a neighbour is edited all the time
        await world.edit(SALESFORCE, ids["Customer 1"], Phone=f"03 {edits}")
        await go_on(world, 15)
        assert numbers(world)["Customer 1"] == phone(f"03 {edits}")
    assert await world.dead() == ["fails_always"] * 2
    assert len(asked) - edits < 110  # that is, thirteen or so for each of sixteen failures, but for the edits


@pytest.mark.memory
@pytest.mark.parametrize("answered", [True, False])
async def test_a_target_that_is_not_shown_keeps_its_neighbours_of_a_failed_call_not_waiting(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, *, answered: bool
) -> None:
    world = new_world()
    names = [f"Customer {number}" for number in range(4)]
    ids = await customers(world, *names)
    with monkeypatch.context() as patch:
        fail_writes(world, patch, {"Customer 2"}, answered=answered)
        await edit_all(world, ids)
        await world.drain()
    fail_reads(world, monkeypatch, XERO, {contact_named(world, "Customer 2")})
    await go_on(world, 150)
    assert {name for name, number in numbers(world).items() if number != phone("03 222")} == {"Customer 2"}
    await go_on(world, AN_HOUR, step=60)
    assert await world.dead() == ["fails_always"]


@pytest.mark.memory
async def test_a_person_for_whom_a_vendor_always_fails_stays_with_the_account_which_goes_on(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world(people_sync())
    await world.reconcile()
    people = People(world)
    account = await people.customer("Ridgeway")
    bell = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.salesforce.hidden.add(bell)
    fail_reads(world, monkeypatch, SALESFORCE, {bell})
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert (people.names(account), numbers(world)["Ridgeway"]) == (["Bell"], phone("03 222"))


@pytest.mark.memory
async def test_a_vendor_that_is_away_for_half_an_hour_costs_little_and_blames_no_record(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    names = [f"Customer {number}" for number in range(8)]
    ids = await customers(world, *names)
    with monkeypatch.context() as patch:
        asked = fail_reads(world, patch, SALESFORCE, ids.values())
        await edit_all(world, ids)
        await go_on(world, AN_HOUR // 2)
        assert len(asked) <= 3 * AN_HOUR / 2 / 15
    await go_on(world, 60)
    assert numbers(world) == dict.fromkeys(names, phone("03 222"))
    assert await world.dead() == []
