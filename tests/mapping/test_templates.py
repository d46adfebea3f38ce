"""The templates that operators start from: they load as they stand, and with each choice that they offer."""

import re
from pathlib import Path

import pytest

from app.engine.records import System
from app.mapping.loader import load_sync
from app.mapping.model import Direction, Mapping, Mode, Sync
from app.simulator.salesforce.objects import OBJECTS

TEMPLATES = Path(__file__).parents[2] / "app" / "mapping" / "templates"
CHOICE = re.compile(r"(?m)^( *)# (?=(?: *)(?:[a-z_]+:|person-accounts:|- \{))")


def template(name: str) -> Sync:
    return load_sync(TEMPLATES / f"{name}.yaml")


def chosen(name: str, folder: Path, *, without: str = "") -> Sync:
    """The template with every choice taken; the lines that `without` finds are in the way of one."""
    text = CHOICE.sub(r"\1", (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if not (without and re.search(without, line))]
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_sync(path)


def rules(mapping: Mapping) -> dict[str, Direction]:
    return {rule.name: rule.direction for rule in mapping.fields}


@pytest.mark.parametrize("name", ["accounts", "people"])
def test_a_template_only_observes_and_goes_both_ways(name: str) -> None:
    sync = template(name)
    (mapping,) = sync.mappings.values()
    assert sync.mode is Mode.OBSERVE
    assert list(sync.lanes()) == [f"{name}/Contact"]
    assert mapping.direction is Direction.BOTH
    assert mapping.create_in(System.XERO)
    assert mapping.create_in(System.SALESFORCE)


def test_accounts_carry_all_that_both_systems_hold_of_a_customer() -> None:
    both = {name for name, way in rules(template("accounts").mappings["customers"]).items() if way is Direction.BOTH}
    assert both == {
        "Name:Name",
        "AccountNumber:AccountNumber",
        "Tax_Number__c:TaxNumber",
        "Company_Number__c:CompanyNumber",
        "Email__c:EmailAddress",
        "Phone:Phones.DEFAULT",
        "Fax:Phones.FAX",
        "BillingAddress:Addresses.POBOX",
        "ShippingAddress:Addresses.STREET",
        "Payment_Terms__c:PaymentTerms.Sales",
    }


def test_accounts_are_told_what_xero_alone_knows() -> None:
    ways = rules(template("accounts").mappings["customers"])
    assert [name for name, way in ways.items() if way is Direction.TO_SALESFORCE] == [
        "Website:Website",
        "Xero_Balance__c:Balances.AccountsReceivable.Outstanding",
        "Xero_Overdue__c:Balances.AccountsReceivable.Overdue",
    ]


def test_every_choice_of_the_accounts_template_holds(tmp_path: Path) -> None:
    sync = chosen("accounts", tmp_path, without=r"- \{salesforce: (Billing|Shipping)Address,")
    mapping = sync.mappings["customers"]
    assert mapping.opt_in == "Sync_to_Xero__c"
    assert mapping.only_xero
    assert {"BillingCountryCode", "ShippingStateCode", "CurrencyIsoCode"} <= mapping.keys(System.SALESFORCE)
    assert {"DefaultCurrency", "SalesTrackingCategories", "SalesDefaultAccountCode"} <= mapping.keys(System.XERO)


def test_people_are_named_by_first_and_last_name() -> None:
    mapping = template("people").mappings["people"]
    assert "PersonName:PersonName" in rules(mapping)
    assert {"FirstName", "LastName"} <= mapping.keys(System.SALESFORCE)
    assert {"FirstName", "LastName", "Name"} <= mapping.keys(System.XERO)


def test_a_person_account_is_never_given_a_name_but_only_its_parts(tmp_path: Path) -> None:
    mapping = chosen("people", tmp_path, without=r"^ *- \{salesforce: MailingAddress,").mappings["person-accounts"]
    written = [key for rule in mapping.fields for key in rule.salesforce.keys]
    assert "Name" not in written
    assert {"FirstName", "LastName", "PersonEmail", "PersonMailingCity"} <= set(written)
    assert mapping.only_salesforce
    assert not mapping.only_salesforce.holds({"IsPersonAccount": False}, None)


@pytest.mark.parametrize("name", ["accounts", "people"])
def test_the_simulator_has_every_field_that_a_template_names(name: str) -> None:
    (mapping,) = template(name).mappings.values()
    kind = OBJECTS[mapping.salesforce.lower()]
    assert [key for key in sorted(mapping.keys(System.SALESFORCE)) if kind.field(key) is None] == []
