"""Salesforce fields by their type."""

from decimal import Decimal

import pytest

from app.mapping.known_fields import Kind
from app.mapping.salesforce_fields import ACCOUNT, CONTACT, LENGTHS, SCALES, SalesforceType, typed_field


def test_every_type_but_the_checkbox_has_a_length_or_a_scale() -> None:
    assert LENGTHS.keys() | SCALES.keys() == set(SalesforceType) - {SalesforceType.CHECKBOX}
    assert not LENGTHS.keys() & SCALES.keys()


@pytest.mark.parametrize(("kind", "scale"), [("number", None), ("currency", None), ("percent", None), ("number", 0)])
def test_a_number_has_two_decimal_places_unless_the_org_says_other(kind: str, scale: int | None) -> None:
    held = typed_field("A__c", SalesforceType(kind), scale=scale).lens.hold(Decimal("1.555"))
    assert held == (Decimal("1.56") if scale is None else Decimal(2))


@pytest.mark.parametrize(("kind", "length"), [("text", 255), ("email", 80), ("phone", 40), ("url", 255)])
def test_a_type_holds_its_length_unless_the_org_says_another(kind: str, length: int) -> None:
    assert typed_field("A__c", SalesforceType(kind)).lens.hold("x" * 999) == "x" * length
    assert typed_field("A__c", SalesforceType(kind), 12).lens.hold("x" * 999) == "x" * 12


def test_only_a_long_text_keeps_its_lines() -> None:
    assert typed_field("A__c", SalesforceType.LONG_TEXT).lens.hold("a\r\nb") == "a\nb"
    assert typed_field("A__c", SalesforceType.TEXT).lens.hold("a\r\nb") == "a b"


def test_a_checkbox_is_no_text() -> None:
    assert typed_field("A__c", SalesforceType.CHECKBOX).kind is Kind.CHECKBOX


@pytest.mark.parametrize(("path", "length"), [("Name", 255), ("AccountNumber", 40), ("Phone", 40), ("Website", 255)])
def test_the_standard_fields_of_an_account_have_their_lengths(path: str, length: int) -> None:
    assert ACCOUNT[path].lens.hold("x" * 999) == "x" * length


@pytest.mark.parametrize(("path", "length"), [("FirstName", 40), ("LastName", 80), ("Email", 80), ("Title", 128)])
def test_the_standard_fields_of_a_contact_have_their_lengths(path: str, length: int) -> None:
    assert CONTACT[path].lens.hold("x" * 999) == "x" * length


def test_a_contact_s_name_is_made_by_salesforce_of_its_first_and_last() -> None:
    assert not CONTACT["Name"].writable
    assert CONTACT["PersonName"].lens.keys == {"FirstName", "LastName"}


def test_a_person_account_is_mapped_by_its_own_fields() -> None:
    person = {path: field.lens.keys for path, field in ACCOUNT.items() if path.startswith("Person")}
    assert person["PersonName"] == {"FirstName", "LastName"}
    assert person["PersonEmail"] == {"PersonEmail"}
    assert "PersonMailingCity" in person["PersonMailingAddress"]
    assert not ACCOUNT["IsPersonAccount"].writable
