"""All that a contact holds goes from its account to Xero, comes back when a bookkeeper changes it, and is cleared."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from app.engine.records import System
from app.mapping.loader import load_sync
from app.mapping.values import Fields, Json
from app.mapping.xero_fields import CONTACT, TRACKED
from app.simulator.salesforce.features import with_fields
from app.simulator.salesforce.objects import OBJECTS, Field, Type
from tests.support import kinds
from tests.support.kinds import NewWorld
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
SYNC = load_sync(Path(kinds.__file__).with_name("every_field.yaml"))
TYPES: Mapping[str, Type] = {
    "Discount__c": Type.DOUBLE,
    **dict.fromkeys(("Is_Customer__c", "Is_Supplier__c", "Has_Attachments__c"), Type.BOOLEAN),
}
"""Of the account's fields those that hold no text."""

ACCOUNT: Fields = {
    "Name": "Ridgeway Ltd",
    "First_Name__c": "Kiri",
    "Last_Name__c": "Kea",
    "Email__c": "kiri@ridgeway.example",
    "AccountNumber": "R-17",
    "Company_Number__c": "C-77",
    "Tax_Number__c": "123-456-789",
    "Tax_Number_Type__c": "SSN",
    "Bank_Account__c": "12-3456-789",
    "Currency__c": "NZD",
    "Payment_Terms__c": "20 DAYSAFTERBILLDATE",
    "Bill_Terms__c": "10 OFCURRENTMONTH",
    "Sales_Tax__c": "OUTPUT2",
    "Purchases_Tax__c": "INPUT2",
    "Sales_Account__c": "200",
    "Purchases_Account__c": "300",
    "Sales_Amounts__c": "INCLUSIVE",
    "Purchases_Amounts__c": "EXCLUSIVE",
    "Sales_Region__c": "North",
    "Sales_Team__c": "Blue",
    "Purchases_Region__c": "South",
    "Phone": "09 100",
    "Direct__c": "09 101",
    "Mobile__c": "021 102",
    "Fax": "09 103",
    "Office__c": "09 104",
    "BillingCity": "Auckland",
    "ShippingCity": "Napier",
    "Billing_Attention__c": "Accounts",
    "Shipping_Attention__c": "Stores",
}
CONTACT_OF_IT: Mapping[str, Json] = {
    "Name": "Ridgeway Ltd",
    "FirstName": "Kiri",
    "LastName": "Kea",
    "EmailAddress": "kiri@ridgeway.example",
    "AccountNumber": "R-17",
    "CompanyNumber": "C-77",
    "TaxNumber": "123-456-789",
    "TaxNumberType": "SSN",
    "BankAccountDetails": "12-3456-789",
    "DefaultCurrency": "NZD",
    "PaymentTerms.Sales.Day": 20,
    "PaymentTerms.Sales.Type": "DAYSAFTERBILLDATE",
    "PaymentTerms.Bills.Day": 10,
    "PaymentTerms.Bills.Type": "OFCURRENTMONTH",
    "AccountsReceivableTaxType": "OUTPUT2",
    "AccountsPayableTaxType": "INPUT2",
    "SalesDefaultAccountCode": "200",
    "PurchasesDefaultAccountCode": "300",
    "SalesDefaultLineAmountType": "INCLUSIVE",
    "PurchasesDefaultLineAmountType": "EXCLUSIVE",
    "SalesTrackingCategories.Region": "North",
    "SalesTrackingCategories.Team": "Blue",
    "PurchasesTrackingCategories.Region": "South",
    "Phones.DEFAULT.PhoneNumber": "09 100",
    "Phones.DDI.PhoneNumber": "09 101",
    "Phones.MOBILE.PhoneNumber": "021 102",
    "Phones.FAX.PhoneNumber": "09 103",
    "Phones.OFFICE.PhoneNumber": "09 104",
    "Addresses.POBOX.City": "Auckland",
    "Addresses.STREET.City": "Napier",
    "Addresses.POBOX.AttentionTo": "Accounts",
    "Addresses.STREET.AttentionTo": "Stores",
}
CHANGED_IN_XERO: Fields = {
    "Name": "Ridgeway Group",
    "FirstName": "Tui",
    "LastName": "Moa",
    "EmailAddress": "tui@ridgeway.example",
    "AccountNumber": "R-18",
    "CompanyNumber": "C-78",
    "TaxNumber": "987",
    "TaxNumberType": "EIN",
    "BankAccountDetails": "98-7654",
    "DefaultCurrency": "AUD",
    "PaymentTerms": {"Bills": {"Day": 3, "Type": "OFFOLLOWINGMONTH"}, "Sales": {"Day": 4, "Type": "OFCURRENTMONTH"}},
    "AccountsReceivableTaxType": "NONE",
    "AccountsPayableTaxType": "GSTONIMPORTS",
    "SalesDefaultAccountCode": "201",
    "PurchasesDefaultAccountCode": "301",
    "SalesDefaultLineAmountType": "NONE",
    "PurchasesDefaultLineAmountType": "INCLUSIVE",
    "SalesTrackingCategories": [
        {"TrackingCategoryName": "Region", "TrackingOptionName": "East"},
        {"TrackingCategoryName": "Team", "TrackingOptionName": "Red"},
    ],
    "PurchasesTrackingCategories": [{"TrackingCategoryName": "Region", "TrackingOptionName": "West"}],
    "Phones": [
        {"PhoneType": "DEFAULT", "PhoneNumber": "200", "PhoneAreaCode": "9", "PhoneCountryCode": "64"},
        {"PhoneType": "DDI", "PhoneNumber": "201"},
        {"PhoneType": "MOBILE", "PhoneNumber": "202"},
        {"PhoneType": "FAX", "PhoneNumber": "203"},
        {"PhoneType": "OFFICE", "PhoneNumber": "204"},
    ],
    "Addresses": [
        {"AddressType": "POBOX", "City": "Dunedin", "AttentionTo": "The owner"},
        {"AddressType": "STREET", "City": "Nelson", "AttentionTo": "The shop"},
    ],
    "Website": "ridgeway.example",
    "BrandingTheme": {"Name": "Standard"},
    "Discount": 5,
    "IsCustomer": True,
}
ACCOUNT_THEN: Mapping[str, object] = {
    "Name": "Ridgeway Group",
    "First_Name__c": "Tui",
    "Last_Name__c": "Moa",
    "Email__c": "tui@ridgeway.example",
    "AccountNumber": "R-18",
    "Company_Number__c": "C-78",
    "Tax_Number__c": "987",
    "Tax_Number_Type__c": "EIN",
    "Bank_Account__c": "98-7654",
    "Currency__c": "AUD",
    "Payment_Terms__c": "4 OFCURRENTMONTH",
    "Bill_Terms__c": "3 OFFOLLOWINGMONTH",
    "Sales_Tax__c": "NONE",
    "Purchases_Tax__c": "GSTONIMPORTS",
    "Sales_Account__c": "201",
    "Purchases_Account__c": "301",
    "Sales_Amounts__c": "NONE",
    "Purchases_Amounts__c": "INCLUSIVE",
    "Sales_Region__c": "East",
    "Sales_Team__c": "Red",
    "Purchases_Region__c": "West",
    "Phone": "64 9 200",
    "Direct__c": "201",
    "Mobile__c": "202",
    "Fax": "203",
    "Office__c": "204",
    "BillingCity": "Dunedin",
    "ShippingCity": "Nelson",
    "Billing_Attention__c": "The owner",
    "Shipping_Attention__c": "The shop",
    "Website": "ridgeway.example",
    "Branding__c": "Standard",
    "Discount__c": Decimal(5),
    "Is_Customer__c": True,
}
KEPT = {"Name", "Payment_Terms__c", "Bill_Terms__c"}
"""Nobody is without a name, and Xero documents no way to take terms away."""


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    """A world with a rule for every field."""
    rules = (rule.salesforce.path for rule in SYNC.mappings["customers"].fields)
    own = [Field(name, TYPES.get(name, Type.STRING), 255) for name in rules if name.endswith("__c")]
    return new_world(SYNC, with_fields(OBJECTS, "Account", own))


async def ridgeway(world: World) -> str:
    """The customer, whom both systems hold."""
    account = await world.edit(SALESFORCE, None, **ACCOUNT)
    await world.drain()
    world.clock.advance(60)
    return account


def flat(fields: Fields) -> dict[str, Json]:
    """What is not blank, by paths such as Phones.FAX.PhoneNumber."""
    return {path: value for path, value in _leaves("", fields) if value not in ("", None)}


def _leaves(path: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list):
        for entry in value:
            yield from _entry(path, entry)
    else:
        yield path, value


def _entry(path: str, entry: Json) -> Iterator[tuple[str, Json]]:
    """An entry of a list goes by its kind, a tracking default by its category."""
    assert isinstance(entry, Mapping)
    kind = entry.get("PhoneType") or entry.get("AddressType")
    if kind:
        return _leaves(f"{path}.{kind}", {name: value for name, value in entry.items() if not name.endswith("Type")})
    return iter([(f"{path}.{entry.get('TrackingCategoryName')}", entry.get("TrackingOptionName"))])


def held(world: World, names: Iterable[str]) -> dict[str, object]:
    """What the account holds in these fields."""
    fields = world.only(SALESFORCE).fields
    return {name: fields.get(name) for name in names}


def test_the_journeys_carry_every_field_that_can_be_mapped() -> None:
    rules = SYNC.mappings["customers"].fields
    carried = {rule.xero.path for rule in rules}
    told_elsewhere = {"PersonName", *(path for path in CONTACT if path.startswith("Balances."))}
    assert carried - set(CONTACT) == {path for path in carried if path.startswith(TRACKED)}
    assert set(CONTACT) - carried == told_elsewhere
    both_ways = {rule.xero.path for rule in rules if rule.direction.allows(XERO)}
    assert {path for path in both_ways if not any(told.startswith(path) for told in CONTACT_OF_IT)} == set()


async def test_a_new_contact_holds_every_field_of_its_account(world: World) -> None:
    await ridgeway(world)
    assert flat(world.only(XERO).fields).items() >= CONTACT_OF_IT.items()
    assert await world.dead() == []


async def test_every_field_that_a_bookkeeper_changes_comes_back(world: World) -> None:
    await ridgeway(world)
    await world.edit(XERO, world.only(XERO).ref.id, **CHANGED_IN_XERO)
    await world.drain()
    assert held(world, ACCOUNT_THEN) == ACCOUNT_THEN
    written = world.writes(XERO), world.writes(SALESFORCE)
    world.clock.advance(60)
    await world.reconcile()
    assert (world.writes(XERO), world.writes(SALESFORCE)) == written


async def test_every_field_that_is_emptied_in_salesforce_is_emptied_in_xero(world: World) -> None:
    account = await ridgeway(world)
    await world.edit(SALESFORCE, account, **dict.fromkeys(ACCOUNT.keys() - KEPT))
    await world.drain()
    left = flat(world.only(XERO).fields).keys() & CONTACT_OF_IT.keys()
    assert left == {path for path in CONTACT_OF_IT if path.startswith(("Name", "PaymentTerms."))}
    assert await world.dead() == []


async def test_every_field_that_a_bookkeeper_empties_is_emptied_in_salesforce(world: World) -> None:
    await ridgeway(world)
    texts: Fields = {path: "" for path in CONTACT_OF_IT if "." not in path and path != "Name"}
    phones = [{"PhoneType": kind, "PhoneNumber": ""} for kind in ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")]
    addresses = [{"AddressType": kind, "City": "", "AttentionTo": ""} for kind in ("POBOX", "STREET")]
    lists = {"Phones": phones, "Addresses": addresses, **{name: [] for name in TRACKED}}
    await world.edit(XERO, world.only(XERO).ref.id, **texts, **lists)
    await world.drain()
    assert set(held(world, ACCOUNT.keys() - KEPT).values()) == {None}
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway Ltd"
