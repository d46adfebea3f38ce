"""A mapping is fitted to what an org says of its own object."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from app.errors import Unfit
from app.mapping.description import Description, FieldDescription
from app.mapping.fitting import fit
from app.mapping.model import Lens, Mapping

MappingOf = Callable[[str], Mapping]

BODY = """
    salesforce: Account
    xero: Contact
    fields:
      - {salesforce: Name, xero: Name}
      - {salesforce: {field: Email__c, type: email}, xero: EmailAddress}
      - {salesforce: {field: Tax__c, length: 20}, xero: TaxNumber}
      - {salesforce: {field: Industry}, xero: CompanyNumber}
      - {salesforce: BillingAddress, xero: Addresses.POBOX}
      - {salesforce: CurrencyIsoCode, xero: DefaultCurrency}
"""


def described(*fields: FieldDescription) -> Description:
    """An Account with these fields besides all that the mapping names."""
    parts = ("Street", "City", "State", "PostalCode", "Country")
    texts = ("Name", "Email__c", "Tax__c", "Industry", "CurrencyIsoCode", *(f"Billing{part}" for part in parts))
    plain = [FieldDescription(name, "string") for name in texts]
    key = FieldDescription("Xero_Contact_Id__c", "string", external_id=True, unique=True)
    return Description("Account", {field.name: field for field in (*plain, key, *fields)})


@pytest.fixture
def lens_of(mapping_of: MappingOf) -> Callable[..., Lens]:
    """The Salesforce lens with that path, fitted to an org with these fields."""

    def fitted(path: str, *fields: FieldDescription) -> Lens:
        made = fit(mapping_of(BODY), described(*fields))
        assert made.findings == ()
        return next(rule.salesforce for rule in made.mapping.fields if rule.salesforce.path == path)

    return fitted


def test_what_is_not_described_further_stays_as_it_is(mapping_of: MappingOf) -> None:
    mapping = mapping_of(BODY)
    assert fit(mapping, described()).mapping == mapping


def test_a_text_takes_the_length_that_the_org_gave_it(lens_of: Callable[..., Lens]) -> None:
    assert lens_of("Email__c", FieldDescription("Email__c", "email", 30)).hold("x" * 99) == "x" * 30
    assert lens_of("Industry", FieldDescription("Industry", "string", 300)).hold("x" * 999) == "x" * 300


@pytest.mark.parametrize(("org", "held"), [(12, 12), (50, 20)])
def test_a_stated_length_holds_as_far_as_the_org_agrees(lens_of: Callable[..., Lens], org: int, held: int) -> None:
    assert lens_of("Tax__c", FieldDescription("Tax__c", "string", org)).hold("x" * 99) == "x" * held


def test_the_parts_of_an_address_are_fitted_too(lens_of: Callable[..., Lens]) -> None:
    lens = lens_of("BillingAddress", FieldDescription("BillingCity", "string", 5))
    assert lens.hold({"city": "Auckland"}) == {"city": "Auckl"}


def test_a_restricted_picklist_takes_only_what_it_offers_and_in_its_spelling(lens_of: Callable[..., Lens]) -> None:
    offered = FieldDescription("Industry", "picklist", 255, choices=frozenset({"Retail", "Energy"}))
    lens = lens_of("Industry", offered)
    assert lens.write("retail", {}) == {"Industry": "Retail"}
    assert lens.write("RETAIL", {"Industry": "Retail"}) == {}
    assert lens.write(None, {"Industry": "Retail"}) == {"Industry": None}
    with pytest.raises(Unfit, match='the picklist Industry does not offer "Mining"'):
        lens.write("Mining", {"Industry": "Retail"})


def test_a_currency_that_the_org_does_not_have_is_refused(lens_of: Callable[..., Lens]) -> None:
    offered = FieldDescription("CurrencyIsoCode", "picklist", 3, choices=frozenset({"NZD"}))
    with pytest.raises(Unfit, match='does not offer "AUD"'):
        lens_of("CurrencyIsoCode", offered).write("aud", {"CurrencyIsoCode": "NZD"})


def test_of_several_choices_at_once_salesforce_decides_itself(lens_of: Callable[..., Lens]) -> None:
    several = FieldDescription("Industry", "multipicklist", 255, choices=frozenset({"Retail", "Energy"}))
    assert lens_of("Industry", several).write("Energy;Retail", {}) == {"Industry": "Energy;Retail"}


def test_what_salesforce_wants_filled_is_never_cleared(lens_of: Callable[..., Lens]) -> None:
    lens = lens_of("Name", FieldDescription("Name", "string", 255, nillable=False))
    assert lens.write("Ridgeway", {"Name": "Old"}) == {"Name": "Ridgeway"}
    assert lens.write(None, {}) == {}
    with pytest.raises(Unfit, match="Name cannot be blank in Salesforce"):
        lens.write(None, {"Name": "Ridgeway"})


def test_the_name_of_a_person_account_is_never_written(lens_of: Callable[..., Lens]) -> None:
    lens = lens_of("Name", FieldDescription("IsPersonAccount", "boolean"))
    assert "IsPersonAccount" in lens.keys
    assert lens.write("Ridgeway", {"IsPersonAccount": False}) == {"Name": "Ridgeway"}
    assert lens.write("Ann", {"Name": "Ann", "IsPersonAccount": True}) == {}
    with pytest.raises(Unfit, match="map it by PersonName"):
        lens.write("Ann", {"Name": "Bob", "IsPersonAccount": True})


def test_a_number_has_the_places_of_the_org(mapping_of: MappingOf) -> None:
    body = """
        salesforce: Account
        xero: Contact
        fields:
          - {salesforce: {field: A__c, type: currency}, xero: Discount, direction: to_salesforce}
          - {salesforce: {field: B__c, type: number, scale: 1}, xero: Discount, direction: to_salesforce}
    """
    told = (FieldDescription(name, "double", scale=4) for name in ("A__c", "B__c"))
    free, stated = fit(mapping_of(body), described(*told)).mapping.fields
    assert free.salesforce.hold(Decimal("1.23456")) == Decimal("1.2346")
    assert stated.salesforce.hold(Decimal("1.23456")) == Decimal("1.2")


def test_what_was_fitted_is_fitted_again_to_the_same(mapping_of: MappingOf) -> None:
    org = described(FieldDescription("Email__c", "email", 30, nillable=False))
    once = fit(mapping_of(BODY), org)
    assert fit(mapping_of(BODY), org) == once
    assert fit(mapping_of(BODY), replace(org, deletable=False)).mapping == once.mapping
