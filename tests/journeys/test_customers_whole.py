"""A customer with all that the template of accounts carries, there and back."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app import mapping as mapping_package
from app.engine.records import System
from app.mapping.loader import load_sync
from app.mapping.model import Mode
from tests.support.kinds import NewWorld
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
TEMPLATE = Path(mapping_package.__file__).parent / "templates" / "accounts.yaml"
BILLS = {"Day": 15, "Type": "OFCURRENTMONTH"}


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    return new_world(replace(load_sync(TEMPLATE), mode=Mode.LIVE))


async def ridgeway(world: World) -> str:
    account = await world.edit(
        SALESFORCE,
        None,
        Name="Ridgeway Ltd",
        AccountNumber="R-17",
        Tax_Number__c="123-456-789",
        Phone="03 111 1111",
        Fax="03 111 1112",
        BillingStreet="Level 3\r\n12 Queen Street",
        BillingCity="Auckland",
        BillingCountry="New Zealand",
        ShippingCity="Napier",
        Payment_Terms__c="20 DaysAfterBillDate",
    )
    await world.drain()
    return account


async def test_a_new_customer_is_created_with_all_of_it(world: World) -> None:
    await ridgeway(world)
    contact = world.only(XERO).fields
    assert (contact["Name"], contact["AccountNumber"], contact["TaxNumber"]) == ("Ridgeway Ltd", "R-17", "123-456-789")
    assert contact["PaymentTerms"] == {"Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}}
    numbers = {phone["PhoneType"]: phone["PhoneNumber"] for phone in _items(contact["Phones"])}
    assert (numbers["DEFAULT"], numbers["FAX"]) == ("03 111 1111", "03 111 1112")
    box, street = _items(contact["Addresses"])
    assert (box["AddressLine1"], box["AddressLine2"], box["Country"]) == ("Level 3", "12 Queen Street", "New Zealand")
    assert (street["AddressType"], street["City"]) == ("STREET", "Napier")


async def test_the_bookkeeper_s_terms_come_back_and_those_for_bills_are_left_alone(world: World) -> None:
    account = await ridgeway(world)
    world.clock.advance(60)
    terms = {"Bills": BILLS, "Sales": {"Day": 7, "Type": "DAYSAFTERBILLMONTH"}}
    await world.edit(XERO, world.only(XERO).ref.id, PaymentTerms=terms)
    await world.drain()
    assert world.only(SALESFORCE).fields["Payment_Terms__c"] == "7 DAYSAFTERBILLMONTH"
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Payment_Terms__c="14 OFFOLLOWINGMONTH")
    await world.drain()
    assert world.only(XERO).fields["PaymentTerms"] == {"Bills": BILLS, "Sales": {"Day": 14, "Type": "OFFOLLOWINGMONTH"}}


@pytest.mark.memory
async def test_what_only_xero_knows_is_told_to_salesforce_exactly(world: World) -> None:
    await ridgeway(world)
    world.clock.advance(60)
    balances = {"AccountsReceivable": {"Outstanding": "760.00", "Overdue": 0}}
    await world.edit(XERO, world.only(XERO).ref.id, Balances=balances, Website="ridgeway.example")
    await world.drain()
    held = world.only(SALESFORCE).fields
    assert held["Website"] == "ridgeway.example"
    assert (held["Xero_Balance__c"], held["Xero_Overdue__c"]) == (Decimal(760), Decimal(0))


async def test_terms_that_are_none_set_the_customer_aside_until_they_are(world: World) -> None:
    account = await ridgeway(world)
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Payment_Terms__c="Net 30", Phone="03 222")
    await world.drain()
    assert await world.dead() == ["unfit"]
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Payment_Terms__c="30 DAYSAFTERBILLDATE")
    await world.drain()
    assert await world.dead() == []
    assert world.only(XERO).fields["PaymentTerms"] == {"Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"}}


async def test_a_whole_customer_is_quiet_once_its_balance_is_known(world: World) -> None:
    await ridgeway(world)
    world.clock.advance(60)
    await world.reconcile()
    written = world.writes(XERO), world.writes(SALESFORCE)
    for _ in range(2):
        world.clock.advance(60)
        await world.reconcile()
    assert (world.writes(XERO), world.writes(SALESFORCE)) == written
    assert written[0] == 1
    assert written[1] <= 1


def _items(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
