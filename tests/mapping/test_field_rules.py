"""Field rules: what they come to be, and those that cannot hold."""

from collections.abc import Callable

import pytest

from app.mapping.model import Direction, Mapping, OnConflict

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]


def body(*rules: str, direction: str = "both") -> str:
    lines = "\n".join(f"  - {rule}" for rule in rules)
    return f"salesforce: Account\nxero: Contact\ndirection: {direction}\non_conflict: xero\nfields:\n{lines}"


def test_a_rule_takes_the_mapping_s_direction_and_conflict_unless_it_says_otherwise(mapping_of: MappingOf) -> None:
    mapping = mapping_of(
        body(
            "{salesforce: Name, xero: Name}",
            "{salesforce: Website, xero: Website, direction: to_salesforce, on_conflict: ask}",
        )
    )
    assert [(rule.direction, rule.on_conflict) for rule in mapping.fields] == [
        (Direction.BOTH, OnConflict.XERO),
        (Direction.TO_SALESFORCE, OnConflict.ASK),
    ]


def test_each_rule_has_a_name_of_its_own(mapping_of: MappingOf) -> None:
    mapping = mapping_of(
        body(
            "{salesforce: Phone, xero: Phones.DEFAULT}",
            "{salesforce: Phone, xero: Phones.OFFICE, direction: to_xero}",
        )
    )
    assert [rule.name for rule in mapping.fields] == ["Phone:Phones.DEFAULT", "Phone:Phones.OFFICE"]


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ("{salesforce: Website, xero: Website}", ": Website is read-only in Xero; add direction: to_salesforce"),
        (
            "{salesforce: {field: Customer__c, type: checkbox}, xero: IsCustomer, direction: to_xero}",
            ": IsCustomer is read-only in Xero; add direction: to_salesforce",
        ),
        (
            "{salesforce: BillingAddress, xero: Name}",
            (
                ": BillingAddress holds an address, Name a text; "
                "pair fields of one kind, or say the Salesforce field's type"
            ),
        ),
        (
            "{salesforce: Name, xero: EmailAdress}",
            ".xero: EmailAdress is no field of Contact that can be mapped; did you mean EmailAddress?",
        ),
        (
            "{salesforce: Name, xero: Balances, direction: to_salesforce}",
            ".xero: Balances is read-only in Xero, and amounts are not yet supported; remove this line",
        ),
        (
            "{salesforce: Name, xero: ContactNumber}",
            ".xero: ContactNumber carries the Salesforce id and is written by every create; remove this line",
        ),
        (
            "{salesforce: Websit, xero: Name}",
            (
                ".salesforce: Websit is no field of Account that is known here; did you mean Website? "
                "If the name is right, say its type: {field: Websit, type: text}"
            ),
        ),
        (
            "{salesforce: {field: BillingAddress, length: 5}, xero: Addresses.POBOX}",
            (
                ".salesforce: BillingAddress is a compound address and has neither type nor length; "
                "write only BillingAddress"
            ),
        ),
        (
            "{salesforce: {field: A__c, type: checkbox, length: 5}, xero: Name}",
            ".salesforce: a checkbox has no length; remove length",
        ),
        (
            "{salesforce: SystemModstamp, xero: Name}",
            ": SystemModstamp is read-only in Salesforce; add direction: to_xero",
        ),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(findings_in: FindingsIn, rule: str, finding: str) -> None:
    assert findings_in(body(rule)) == [f"acme.yaml:11: mappings.customers.fields[1]{finding}"]


def test_a_rule_cannot_go_where_its_mapping_does_not(findings_in: FindingsIn) -> None:
    assert findings_in(body("{salesforce: Name, xero: Name, direction: both}", direction="to_xero")) == [
        (
            "acme.yaml:11: mappings.customers.fields[1].direction: the mapping goes to_xero only; "
            "remove direction here, or let the mapping go both"
        ),
    ]


def test_two_rules_cannot_write_one_field(findings_in: FindingsIn) -> None:
    assert findings_in(body("{salesforce: A__c, xero: TaxNumber}", "{salesforce: B__c, xero: TaxNumber}")) == [
        (
            "acme.yaml:12: mappings.customers.fields[2]: field rule 1 writes TaxNumber too; "
            "keep one, or give each a direction"
        ),
    ]


def test_a_read_only_field_may_be_read(mapping_of: MappingOf) -> None:
    (rule,) = mapping_of(body("{salesforce: Website, xero: Website}", direction="to_salesforce")).fields
    assert rule.xero.path == "Website"
