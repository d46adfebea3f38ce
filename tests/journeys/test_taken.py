"""Names and numbers that somebody else has already: nobody is ever renamed by us, and it heals by itself."""

import pytest

from app.engine.ledger import Question
from app.engine.records import System
from app.store import questions
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
IN_ONE_BATCH = pytest.mark.likely
"""Where answers to a batch are scanty, its other records are in doubt for some minutes before they are as told here."""


async def customer(world: World, name: str) -> str:
    """A customer that both systems hold: the id of its account."""
    account = await world.edit(SALESFORCE, None, Name=name)
    await world.drain()
    world.clock.advance(20)
    return account


async def twice(world: World) -> None:
    """Drain, and once more when what was taken is looked up."""
    await world.drain()
    world.clock.advance(20)
    await world.drain()


async def asked(world: World) -> list[Question]:
    return list(await world.database.read(questions.open_questions))


def names(world: World, system: System) -> list[str]:
    object = "Account" if system is SALESFORCE else "Contact"
    return sorted(str(seen.fields["Name"]) for seen in world.vendor(system).all(object) if seen.presence == "live")


@IN_ONE_BATCH
async def test_two_accounts_of_one_name_are_a_contact_and_a_question(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    await twice(world)
    (question,) = await asked(world)
    assert (question.topic, question.detail["field"], question.detail["value"]) == ("taken", "Name", "Ridgeway")
    assert question.other == world.only(XERO).ref
    holders = {str(seen.ref) for seen in world.salesforce.all("Account")} - {str(question.ref)}
    assert {question.detail["holder_counterpart"]} == holders
    assert await world.dead() == []
    assert names(world, SALESFORCE) == ["Ridgeway", "Ridgeway"]


@IN_ONE_BATCH
async def test_renaming_the_holder_heals_the_other(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    await twice(world)
    (question,) = await asked(world)
    holder = next(seen for seen in world.salesforce.all("Account") if seen.ref != question.ref)
    await world.edit(SALESFORCE, holder.ref.id, Name="Ridgeway North")
    await world.drain()
    assert names(world, XERO) == ["Ridgeway", "Ridgeway North"]
    assert (await asked(world), await world.link_count()) == ([], 2)


@IN_ONE_BATCH
async def test_renaming_the_one_that_has_no_contact_heals_it(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    await twice(world)
    (question,) = await asked(world)
    await world.edit(SALESFORCE, question.ref.id, Name="Ridgeway South")
    await world.drain()
    assert names(world, XERO) == ["Ridgeway", "Ridgeway South"]
    assert await asked(world) == []


@IN_ONE_BATCH
async def test_archiving_the_holder_in_xero_heals_the_other(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    await twice(world)
    holder = world.only(XERO).ref.id
    world.clock.advance(1)
    world.xero.archive("Contact", holder)
    await world.push(XERO, holder)
    await world.drain()
    assert (names(world, XERO), await asked(world)) == (["Ridgeway"], [])


async def test_a_rename_to_a_taken_name_is_a_question_and_changes_nobody(world: World) -> None:
    first, _ = await customer(world, "Ridgeway"), await customer(world, "Harbour")
    await world.edit(SALESFORCE, first, Name="Harbour")
    await twice(world)
    (question,) = await asked(world)
    assert (question.topic, question.ref.id, question.detail["value"]) == ("taken", first, "Harbour")
    assert names(world, XERO) == ["Harbour", "Ridgeway"]
    await world.edit(SALESFORCE, first, Name="Ridgeway")
    await world.drain()
    assert (names(world, XERO), await asked(world)) == (["Harbour", "Ridgeway"], [])


async def test_two_that_swap_their_names_are_two_questions_and_no_loop(world: World) -> None:
    first, second = await customer(world, "Ridgeway"), await customer(world, "Harbour")
    await world.edit(SALESFORCE, first, Name="Harbour")
    await world.edit(SALESFORCE, second, Name="Ridgeway")
    await twice(world)
    sent = world.calls(XERO, "send")
    assert [each.topic for each in await asked(world)] == ["taken", "taken"]
    world.clock.advance(60)
    await world.drain()
    assert world.calls(XERO, "send") == sent
    await world.edit(SALESFORCE, second, Name="Quayside")
    await world.drain()
    assert (names(world, XERO), await asked(world)) == (["Harbour", "Quayside"], [])


@IN_ONE_BATCH
async def test_a_name_that_was_passed_on_needs_nobody(world: World) -> None:
    first, second = await customer(world, "Ridgeway"), await customer(world, "Harbour")
    await world.edit(SALESFORCE, first, Name="Harbour")
    await world.edit(SALESFORCE, second, Name="Quayside")
    await twice(world)
    assert (names(world, XERO), await asked(world)) == (["Harbour", "Quayside"], [])


async def test_a_contact_of_that_name_which_nobody_knew_is_linked(world: World) -> None:
    await world.reconcile()
    account = await world.edit(SALESFORCE, None, Name="Harbour")

    async def somebody_is_faster() -> None:
        world.xero.put("Contact", None, {"Name": "Harbour"})

    world.xero.interrupt("send", "before", somebody_is_faster)
    await twice(world)
    assert (names(world, XERO), await asked(world), await world.link_count()) == (["Harbour"], [], 1)
    await world.edit(SALESFORCE, account, Name="Harbour Ltd")
    await world.drain()
    assert names(world, XERO) == ["Harbour Ltd"]


async def test_the_name_of_an_archived_contact_is_free(world: World) -> None:
    world.xero.archive("Contact", world.xero.put("Contact", None, {"Name": "Ridgeway"}))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert (names(world, XERO), await asked(world)) == (["Ridgeway"], [])


async def test_a_contact_whose_name_was_taken_while_it_was_archived_waits_for_it(world: World) -> None:
    account = await customer(world, "Ridgeway")
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()
    other = await customer(world, "Ridgeway")
    world.salesforce.restore("Account", account)
    await world.push(SALESFORCE, account)
    await twice(world)
    assert [(each.topic, each.ref.id) for each in await asked(world)] == [("taken", account)]
    await world.edit(SALESFORCE, other, Name="Ridgeway North")
    await twice(world)
    assert (names(world, XERO), await asked(world)) == (["Ridgeway", "Ridgeway North"], [])
