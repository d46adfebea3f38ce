"""One mapping, both ways: what a customer goes through."""

import pytest

from app.engine.records import System
from tests.support.world import World, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.mark.facts
async def test_an_account_that_is_created_in_salesforce_arrives_in_xero(world: World) -> None:
    account = await world.edit(
        SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example", BillingCity="Nelson"
    )
    await world.drain()
    contact = world.only(XERO)
    assert contact.fields["Name"] == "Ridgeway"
    assert contact.fields["ContactNumber"] == account
    assert contact.fields["EmailAddress"] == "a@ridgeway.example"
    assert await world.link_count() == 1
    assert await world.outcomes() == {"applied": 1}


@pytest.mark.facts
async def test_a_contact_that_is_born_in_xero_arrives_in_salesforce(world: World) -> None:
    contact = await world.edit(
        XERO, None, Name="Harbour Cafe", EmailAddress="b@harbour.example", Phones=phone("04 222")
    )
    await world.drain()
    account = world.only(SALESFORCE)
    assert account.fields["Name"] == "Harbour Cafe"
    assert account.fields["Phone"] == "04 222"
    assert account.fields["Xero_Contact_Id__c"] == contact
    assert await world.outcomes() == {"applied": 1}


@pytest.mark.facts
async def test_edits_of_different_fields_on_both_sides_both_survive(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    contact = world.only(XERO).ref.id
    world.clock.advance(60)
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    await world.edit(SALESFORCE, account, Phone="03 999")
    await world.drain()
    assert world.only(XERO).fields["EmailAddress"] == "new@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == phone("03 999")
    assert world.only(SALESFORCE).fields["Email__c"] == "new@ridgeway.example"
    assert world.only(SALESFORCE).fields["Phone"] == "03 999"


async def test_our_own_write_coming_back_causes_no_write(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.push(XERO, world.only(XERO).ref.id)
    await world.drain()
    assert (world.writes(XERO), world.writes(SALESFORCE)) == (1, 0)
    assert await world.outcomes() == {"applied": 1, "unchanged": 1}


@pytest.mark.likely
async def test_our_own_write_coming_back_causes_no_call(world: World) -> None:
    """But where answers show only ids: then it is looked at once."""
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    calls = len(world.xero.calls)
    await world.push(XERO, world.only(XERO).ref.id)
    await world.drain()
    assert len(world.xero.calls) == calls


async def test_a_push_that_was_lost_is_repaired_by_reconcile(world: World) -> None:
    await world.reconcile()
    world.clock.advance(600)
    world.salesforce.put("Account", None, {"Name": "Never pushed"})
    await world.reconcile()
    assert world.only(XERO).fields["Name"] == "Never pushed"


async def test_reconciling_twice_finds_nothing_twice(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.reconcile()
    await world.reconcile()
    assert world.writes(XERO) == 1
    assert world.writes(SALESFORCE) == 0


async def test_fifty_accounts_cost_one_write(world: World) -> None:
    for number in range(50):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    await world.drain()
    assert len(world.xero.all("Contact")) == 50
    assert world.calls(XERO, "send") == 1


async def test_ten_edits_of_one_account_are_one_write(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    for number in range(10):
        await world.edit(SALESFORCE, account, Phone=f"03 {number}")
    await world.drain()
    assert world.writes(XERO) == 2
    assert await world.outcomes() == {"applied": 2, "superseded": 9}
