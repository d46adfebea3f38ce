"""Names and numbers that somebody else has already: nobody is ever changed for it by us, and it heals by itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from app import mapping as mapping_package
from app.cli import link, replay
from app.cli import questions as questions_command
from app.engine.ledger import Question
from app.engine.records import System
from app.mapping.loader import load_sync
from app.mapping.model import Mode
from app.simulator.salesforce.administration import DuplicateRule
from app.store import questions
from tests.support.kinds import SIMULATED, NewWorld
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import World, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
TEMPLATE = Path(mapping_package.__file__).parent / "templates" / "accounts.yaml"
IN_ONE_BATCH = pytest.mark.likely
"""Where answers to a batch are scanty, its other records are in doubt for some minutes before they are as told here."""
WITH_DUPLICATE_RULES = pytest.mark.parametrize("kind", list(SIMULATED), indirect=True)
"""The vendors in memory have no duplicate rules."""


@pytest.fixture
async def numbered(new_world: NewWorld) -> World:
    """A world with the template that carries account numbers, too."""
    return new_world(replace(load_sync(TEMPLATE), mode=Mode.LIVE))


async def customer(world: World, name: str, **fields: str) -> str:
    """A customer that both systems hold: the id of its account."""
    account = await world.edit(SALESFORCE, None, Name=name, **fields)
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


async def told(world: World) -> str:
    """What `crossbook questions` says."""
    return "\n".join((await questions_command.carry_out(world.runtime)).lines)


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


def numbers(world: World) -> list[tuple[object, object]]:
    """The names and account numbers of all contacts that are there."""
    live = (seen.fields for seen in world.xero.all("Contact") if seen.presence == "live")
    return sorted((str(fields["Name"]), fields.get("AccountNumber")) for fields in live)


async def two_of_one_number(world: World) -> tuple[str, str]:
    """Two accounts with the number 77, of which the second has no contact yet."""
    first = await customer(world, "Ridgeway", AccountNumber="77")
    second = await world.edit(SALESFORCE, None, Name="Harbour", AccountNumber="77")
    await twice(world)
    return first, second


async def test_a_customer_with_a_taken_number_is_a_question_that_names_the_holder(numbered: World) -> None:
    first, second = await two_of_one_number(numbered)
    (question,) = await asked(numbered)
    assert (question.topic, question.ref.id) == ("taken", second)
    assert (question.detail["field"], question.detail["value"]) == ("AccountNumber", "77")
    assert question.detail["holder_counterpart"] == f"salesforce:Account:{first}"
    assert "change the number of one of the two" in await told(numbered)
    assert (numbers(numbered), await numbered.dead()) == ([("Ridgeway", "77")], [])


async def test_changing_the_number_of_the_holder_heals_the_other(numbered: World) -> None:
    first, _ = await two_of_one_number(numbered)
    await numbered.edit(SALESFORCE, first, AccountNumber="78")
    await numbered.drain()
    assert numbers(numbered) == [("Harbour", "77"), ("Ridgeway", "78")]
    assert await asked(numbered) == []


async def test_changing_the_number_of_the_one_that_has_no_contact_heals_it(numbered: World) -> None:
    _, second = await two_of_one_number(numbered)
    await numbered.edit(SALESFORCE, second, AccountNumber="78")
    await numbered.drain()
    assert numbers(numbered) == [("Harbour", "78"), ("Ridgeway", "77")]
    assert await asked(numbered) == []


async def test_archiving_the_contact_that_has_the_number_heals_the_other(numbered: World) -> None:
    await two_of_one_number(numbered)
    holder = numbered.only(XERO).ref.id
    numbered.clock.advance(1)
    numbered.xero.archive("Contact", holder)
    await numbered.push(XERO, holder)
    await numbered.drain()
    assert (numbers(numbered), await asked(numbered)) == ([("Harbour", "77")], [])


async def test_a_change_to_a_taken_number_is_a_question_and_arrives_once_it_is_free(numbered: World) -> None:
    first = await customer(numbered, "Ridgeway", AccountNumber="77")
    second = await customer(numbered, "Harbour", AccountNumber="78")
    await numbered.edit(SALESFORCE, second, AccountNumber="77", Phone="03 222")
    await twice(numbered)
    (question,) = await asked(numbered)
    assert (question.topic, question.ref.id, question.detail["value"]) == ("taken", second, "77")
    assert numbers(numbered) == [("Harbour", "78"), ("Ridgeway", "77")]
    await numbered.edit(SALESFORCE, first, AccountNumber="79")
    await numbered.drain()
    assert (numbers(numbered), await asked(numbered)) == ([("Harbour", "77"), ("Ridgeway", "79")], [])
    harbour = next(seen for seen in numbered.xero.all("Contact") if seen.fields["Name"] == "Harbour")
    assert harbour.fields["Phones"] == phone("03 222")


async def test_an_archived_contact_that_carries_the_id_of_an_account_is_linked_once_it_is_active(world: World) -> None:
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway"})
    contact = world.xero.put("Contact", None, {"Name": "Harbour", "ContactNumber": account})
    world.xero.archive("Contact", contact)
    await world.push(SALESFORCE, account)
    await twice(world)
    (question,) = await asked(world)
    assert (question.topic, question.other) == ("ended", world.only(XERO).ref)
    world.clock.advance(1)
    world.xero.restore("Contact", contact)
    await world.push(XERO, contact)
    await world.drain()
    assert (world.only(XERO).ref.id, await world.link_count(), await asked(world)) == (contact, 1, [])


async def refused_by_a_duplicate_rule(world: World) -> tuple[str, str]:
    """An account with a phone, and a new contact with the same one: an administrator allows a phone only once."""
    assert isinstance(world, SimulatedWorld)
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    world.salesforce.world.records.duplicate_rules.append(DuplicateRule("Account", "Phone"))
    contact = await world.edit(XERO, None, Name="Harbour", Phones=phone("03 111"))
    await twice(world)
    return account, contact


@WITH_DUPLICATE_RULES
async def test_a_customer_that_a_duplicate_rule_refuses_is_a_question_that_names_the_other(world: World) -> None:
    account, contact = await refused_by_a_duplicate_rule(world)
    (question,) = await asked(world)
    assert (question.topic, question.ref.id) == ("taken", contact)
    assert question.detail["holder"] == f"salesforce:Account:{account}"
    assert f"crossbook link {account} {contact}" in await told(world)
    assert ": nothing" not in await told(world)
    assert "DUPLICATES_DETECTED" in str(question.detail["why"])
    assert (names(world, SALESFORCE), await world.dead()) == (["Ridgeway"], [])


@WITH_DUPLICATE_RULES
async def test_what_a_duplicate_rule_refused_is_created_once_the_rule_lets_it_pass(world: World) -> None:
    _, contact = await refused_by_a_duplicate_rule(world)
    assert isinstance(world, SimulatedWorld)
    world.salesforce.world.records.duplicate_rules.clear()
    await replay.carry_out(world.runtime, contact)
    await world.drain()
    assert (names(world, SALESFORCE), await asked(world)) == (["Harbour", "Ridgeway"], [])


@WITH_DUPLICATE_RULES
async def test_changing_what_a_duplicate_rule_saw_heals_it(world: World) -> None:
    _, contact = await refused_by_a_duplicate_rule(world)
    await world.edit(XERO, contact, Phones=phone("03 222"))
    await world.drain()
    assert (names(world, SALESFORCE), await asked(world)) == (["Harbour", "Ridgeway"], [])


@WITH_DUPLICATE_RULES
async def test_changing_the_account_that_a_duplicate_rule_found_heals_it(world: World) -> None:
    account, _ = await refused_by_a_duplicate_rule(world)
    await world.edit(SALESFORCE, account, Name="Ridgeway Ltd")
    await world.drain()
    await world.drain()
    assert [question.topic for question in await asked(world)] == ["taken"], "it was tried again, in vain"
    await world.edit(SALESFORCE, account, Phone="03 999")
    await world.drain()
    await world.drain()
    assert (names(world, SALESFORCE), await asked(world)) == (["Harbour", "Ridgeway Ltd"], [])


@WITH_DUPLICATE_RULES
async def test_deleting_the_account_that_a_duplicate_rule_found_heals_it(world: World) -> None:
    account, _ = await refused_by_a_duplicate_rule(world)
    world.clock.advance(1)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()
    assert (names(world, SALESFORCE), await asked(world)) == (["Harbour"], [])


@WITH_DUPLICATE_RULES
async def test_the_two_that_a_duplicate_rule_found_alike_may_be_tied(world: World) -> None:
    account, contact = await refused_by_a_duplicate_rule(world)
    await link.carry_out(world.runtime, account, contact)
    await world.drain()
    assert (len(world.salesforce.all("Account")), await world.link_count(), await asked(world)) == (1, 1, [])
    assert world.only(SALESFORCE).fields["Name"] == world.only(XERO).fields["Name"]
