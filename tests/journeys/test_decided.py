"""A question, what the commands show of it, a person's answer, and what then happens."""

from dataclasses import replace

import pytest

from app.cli import decide, dismiss, naming, questions, telling_why
from app.cli.answers import Told
from app.engine.actions import Declined
from app.engine.ledger import Take
from app.engine.records import System
from app.mapping.model import OnConflict, OnDelete
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
REFUSED = Declined("email", "Email address must be valid.")


@pytest.fixture
async def asking(new_world: NewWorld) -> World:
    """A world in which a person decides conflicts and deletions."""
    policy = accounts_sync(
        lambda mapping: replace(
            mapping,
            on_delete=OnDelete.ASK,
            fields=tuple(replace(rule, on_conflict=OnConflict.ASK) for rule in mapping.fields),
        )
    )
    return new_world(policy)


async def linked(world: World, name: str = "Ridgeway") -> tuple[str, str]:
    account = await world.edit(SALESFORCE, None, Name=name, Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    world.clock.advance(60)
    return account, world.xero.all("Contact")[-1].ref.id


async def typed(world: World, told: Told) -> str:
    """What the command printed; then the worker it rang for works."""
    await world.drain()
    await world.drain()
    return "\n".join(told.lines)


async def test_a_conflict_is_shown_with_both_values_decided_and_healed(asking: World) -> None:
    account, contact = await linked(asking)
    await asking.edit(SALESFORCE, account, Phone="03 222")
    await asking.edit(XERO, contact, Phones=phone("03 333"))
    await asking.drain()
    shown = "\n".join((await questions.carry_out(asking.runtime)).lines)
    assert "'03 222'" in shown
    assert "'03 333'" in shown
    assert f"crossbook decide {account} --take salesforce --field Phone" in shown
    told = await decide.carry_out(asking.runtime, account, Take.SALESFORCE, "Phone")
    assert "write the value of Salesforce into Xero" in await typed(asking, told)
    assert asking.only(XERO).fields["Phones"] == phone("03 222")
    assert (await questions.carry_out(asking.runtime)).document == {"questions": []}


async def test_a_conflict_may_be_decided_by_naming_either_record(asking: World) -> None:
    account, contact = await linked(asking)
    await asking.edit(SALESFORCE, account, Phone="03 222")
    await asking.edit(XERO, contact, Phones=phone("03 333"))
    await asking.drain()
    await typed(asking, await decide.carry_out(asking.runtime, contact.upper(), Take.XERO))
    assert asking.only(SALESFORCE).fields["Phone"] == "03 333"


async def test_an_ambiguous_account_is_created_when_a_person_says_it_is_nobody_of_them(world: World) -> None:
    for name in ("Ridgeway North", "Ridgeway South"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@ridgeway.example"})
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="office@ridgeway.example")
    await world.drain()
    await typed(world, await decide.carry_out(world.runtime, account, Take.CREATE))
    assert len(world.xero.all("Contact")) == 3
    assert await world.link_count() == 1


@pytest.mark.parametrize(("take", "presence"), [(Take.SALESFORCE, "archived"), (Take.XERO, "live")])
async def test_whose_account_is_gone_is_archived_or_kept_as_a_person_says(
    asking: World, take: Take, presence: str
) -> None:
    account, _ = await linked(asking)
    asking.salesforce.delete("Account", account)
    await asking.push(SALESFORCE, account)
    await asking.drain()
    shown = "\n".join((await questions.carry_out(asking.runtime)).lines)
    assert "archive the contact whose account is gone" in shown
    await typed(asking, await decide.carry_out(asking.runtime, account, take))
    assert asking.only(XERO).presence == presence
    assert (await questions.carry_out(asking.runtime)).document == {"questions": []}


@pytest.mark.parametrize(("take", "presence"), [(Take.SALESFORCE, "live"), (Take.XERO, "archived")])
async def test_a_contact_that_was_archived_comes_back_or_stays_so_as_a_person_says(
    asking: World, take: Take, presence: str
) -> None:
    account, contact = await linked(asking)
    asking.xero.archive("Contact", contact)
    await asking.push(XERO, contact)
    await asking.drain()
    assert "bring back the archived one" in "\n".join((await questions.carry_out(asking.runtime)).lines)
    await typed(asking, await decide.carry_out(asking.runtime, account, take))
    assert asking.only(XERO).presence == presence
    assert (await questions.carry_out(asking.runtime)).document == {"questions": []}
    (story,) = await naming.known(asking.runtime, account)
    assert any(line.endswith(f"a person answered gone: {take} (done)") for line in telling_why.lines(story))


async def test_a_question_that_is_dismissed_is_asked_again_when_its_field_changes(asking: World) -> None:
    account, contact = await linked(asking)
    await asking.edit(SALESFORCE, account, Phone="03 222")
    await asking.edit(XERO, contact, Phones=phone("03 333"))
    await asking.drain()
    await typed(asking, await dismiss.carry_out(asking.runtime, account))
    assert (await questions.carry_out(asking.runtime)).document == {"questions": []}
    await asking.edit(XERO, contact, Phones=phone("03 444"))
    await asking.drain()
    assert "'03 444'" in "\n".join((await questions.carry_out(asking.runtime)).lines)
    assert asking.only(SALESFORCE).fields["Phone"] == "03 222"
