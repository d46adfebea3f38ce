"""Salesforce fields by their type."""

import pytest

from app.mapping.known_fields import Kind
from app.mapping.salesforce_fields import ACCOUNT, LENGTHS, SalesforceType, typed_field


def test_every_type_but_the_checkbox_has_a_length() -> None:
    assert set(LENGTHS) == set(SalesforceType) - {SalesforceType.CHECKBOX}


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
