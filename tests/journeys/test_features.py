"""Features that an org has switched on: person accounts, several currencies, picklists of states and countries."""

from pathlib import Path

import pytest

from app.engine.records import Observation, System
from app.mapping.loader import load_sync
from app.mapping.values import Fields
from app.simulator.salesforce import features
from app.store import backlog
from tests.support import kinds
from tests.support.kinds import SIMULATED, NewWorld
from tests.support.world import World, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
WITH_PERSON_ACCOUNTS = pytest.mark.parametrize("kind", list(SIMULATED), indirect=True)
"""The vendors in memory make no name of the parts of one."""


@pytest.fixture
async def persons(new_world: NewWorld) -> World:
    """An org with businesses and person accounts."""
    return new_world(load_sync(Path(kinds.__file__).with_name("person_accounts.yaml")), features.person_accounts())


@pytest.fixture
async def coded(new_world: NewWorld) -> World:
    """An org with several currencies, and with picklists of states and countries."""
    objects = features.multiple_currencies(features.state_and_country_picklists())
    return new_world(load_sync(Path(kinds.__file__).with_name("codes.yaml")), objects)


async def settled(world: World) -> None:
    """Until everything has arrived, also where answers to a batch are scanty."""
    await world.drain()
    world.clock.advance(130)
    await world.drain()
    world.clock.advance(60)


def called(world: World, system: System, name: str) -> Observation:
    """The one record of this name."""
    object = "Account" if system is SALESFORCE else "Contact"
    (seen,) = (seen for seen in world.vendor(system).all(object) if seen.fields["Name"] == name)
    return seen


@WITH_PERSON_ACCOUNTS
async def test_a_person_account_and_a_business_become_contacts_each_by_its_own_rules(persons: World) -> None:
    await persons.edit(SALESFORCE, None, FirstName="Kiri", LastName="Moa", PersonEmail="kiri@moa.example")
    await persons.edit(SALESFORCE, None, Name="Ridgeway Ltd", Phone="03 111")
    await settled(persons)
    kiri, ridgeway = (called(persons, XERO, name).fields for name in ("Kiri Moa", "Ridgeway Ltd"))
    assert (kiri["FirstName"], kiri["LastName"], kiri["EmailAddress"]) == ("Kiri", "Moa", "kiri@moa.example")
    assert (ridgeway.get("LastName") or None, ridgeway["Phones"]) == (None, phone("03 111"))
    assert await persons.dead() == []


@WITH_PERSON_ACCOUNTS
async def test_a_contact_with_a_last_name_becomes_a_person_account(persons: World) -> None:
    await persons.edit(XERO, None, Name="Tui Kea", FirstName="Tui", LastName="Kea", EmailAddress="tui@kea.example")
    await settled(persons)
    account = persons.only(SALESFORCE).fields
    assert (account["IsPersonAccount"], account["LastName"], account["PersonEmail"]) == (True, "Kea", "tui@kea.example")


@WITH_PERSON_ACCOUNTS
async def test_a_person_account_is_edited_on_both_sides_and_then_quiet(persons: World) -> None:
    account = await persons.edit(SALESFORCE, None, FirstName="Kiri", LastName="Moa", PersonMobilePhone="021 111")
    await settled(persons)
    await persons.edit(SALESFORCE, account, LastName="Moana")
    await persons.edit(XERO, persons.only(XERO).ref.id, EmailAddress="kiri@moana.example")
    await settled(persons)
    assert persons.only(XERO).fields["Name"] == persons.only(SALESFORCE).fields["Name"] == "Kiri Moana"
    assert persons.only(SALESFORCE).fields["PersonEmail"] == "kiri@moana.example"
    written = persons.writes(XERO), persons.writes(SALESFORCE)
    await persons.reconcile()
    assert (persons.writes(XERO), persons.writes(SALESFORCE)) == written


AUCKLAND: Fields = {"BillingCity": "Auckland", "BillingStateCode": "AUK", "BillingCountryCode": "NZ"}


async def ridgeway(world: World) -> str:
    """A customer in Auckland that pays in Australian dollars: the id of its contact."""
    await world.edit(SALESFORCE, None, Name="Ridgeway", CurrencyIsoCode="AUD", **AUCKLAND)
    await settled(world)
    return world.only(XERO).ref.id


def box(**parts: str) -> list[dict[str, str]]:
    return [{"AddressType": "POBOX", **parts}]


async def test_codes_and_the_currency_of_an_account_arrive_as_they_are(coded: World) -> None:
    await ridgeway(coded)
    contact = coded.only(XERO).fields
    (address,) = (each for each in _entries(contact["Addresses"]) if each["AddressType"] == "POBOX")
    assert (address["City"], address["Region"], address["Country"]) == ("Auckland", "AUK", "NZ")
    assert contact["DefaultCurrency"] == "AUD"


async def test_codes_and_a_currency_that_a_bookkeeper_enters_come_back(coded: World) -> None:
    contact = await ridgeway(coded)
    address = box(City="Dunedin", Region="OTA", Country="NZ")
    await coded.edit(XERO, contact, Addresses=address, DefaultCurrency="NZD")
    await settled(coded)
    account = coded.only(SALESFORCE).fields
    assert [account[f"Billing{part}"] for part in ("City", "StateCode", "CountryCode")] == ["Dunedin", "OTA", "NZ"]
    assert account["CurrencyIsoCode"] == "NZD"


@pytest.mark.parametrize("kind", list(SIMULATED), indirect=True)  # the vendors in memory offer everything
@pytest.mark.parametrize(
    ("field", "entered", "corrected"),
    [
        ("CurrencyIsoCode", {"DefaultCurrency": "JPY"}, {"DefaultCurrency": "NZD"}),
        ("BillingCountryCode", {"Addresses": box(Country="New Zealand")}, {"Addresses": box(Country="AU")}),
    ],
)
async def test_what_the_org_does_not_offer_sets_the_customer_aside_until_it_is_corrected(
    coded: World, field: str, entered: Fields, corrected: Fields
) -> None:
    contact = await ridgeway(coded)
    await coded.edit(XERO, contact, Phones=phone("03 222"), **entered)
    await settled(coded)
    (letter,) = await coded.database.read(backlog.dead)
    assert (letter.ref.id, letter.code, coded.only(SALESFORCE).fields["Phone"]) == (contact, "unfit", None)
    assert f"the picklist {field} does not offer" in (letter.reason or "")
    await coded.edit(XERO, contact, **corrected)
    await settled(coded)
    assert (await coded.dead(), coded.only(SALESFORCE).fields["Phone"]) == ([], "03 222")


def _entries(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
