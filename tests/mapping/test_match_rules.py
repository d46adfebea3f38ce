"""Match keys resolve through the field rules, through names that both systems know, or name both fields."""

from collections.abc import Callable

import pytest

from app.mapping.model import Mapping

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]


def body(keys: str) -> str:
    return f"""
salesforce: Account
xero: Contact
match: {keys}
fields:
  - {{salesforce: Name, xero: Name}}
  - {{salesforce: {{field: Email__c, type: email}}, xero: EmailAddress}}
  - {{salesforce: BillingAddress, xero: Addresses.POBOX}}
"""


@pytest.mark.parametrize(
    ("key", "salesforce", "xero"),
    [
        ("EmailAddress", "Email__c", "EmailAddress"),
        ("Email__c", "Email__c", "EmailAddress"),
        ("Name", "Name", "Name"),
        ("AccountNumber", "AccountNumber", "AccountNumber"),
        ("{salesforce: Tax_Number__c, xero: TaxNumber}", "Tax_Number__c", "TaxNumber"),
    ],
)
def test_a_key_finds_its_field_on_both_sides(mapping_of: MappingOf, key: str, salesforce: str, xero: str) -> None:
    (rule,) = mapping_of(body(f"[{key}]")).match
    assert (rule.salesforce.path, rule.xero.path) == (salesforce, xero)


def test_a_key_uses_the_lens_of_its_rule(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body("[EmailAddress]"))
    assert mapping.match[0].salesforce is mapping.fields[1].salesforce


def test_the_keys_keep_their_order(mapping_of: MappingOf) -> None:
    names = [rule.name for rule in mapping_of(body("[AccountNumber, EmailAddress, Name]")).match]
    assert names == ["AccountNumber", "EmailAddress", "Name"]


@pytest.mark.parametrize(
    ("key", "finding"),
    [
        (
            "TaxNumber",
            (
                "TaxNumber names no field rule and no field that both systems know; "
                "known are: Addresses.POBOX, EmailAddress, Name. Or name both fields: {salesforce: …, xero: TaxNumber}"
            ),
        ),
        (
            "Addresses.POBOX",
            "Addresses.POBOX is no text, and only texts and names recognise a record; match by a text field",
        ),
        ("{salesforce: Name, xero: Nam}", "Nam is no field of Contact that can be mapped; did you mean Name?"),
    ],
)
def test_a_key_that_recognises_nothing_is_refused(findings_in: FindingsIn, key: str, finding: str) -> None:
    assert findings_in(body(f"[{key}]")) == [f"acme.yaml:8: mappings.customers.match[1]: {finding}"]


def test_a_key_stands_once(findings_in: FindingsIn) -> None:
    assert findings_in(body("[Name, Name]")) == [
        "acme.yaml:8: mappings.customers.match: the key Name stands here 2 times; name it once"
    ]
