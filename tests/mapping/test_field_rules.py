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
            ".xero: Balances are several; map one, such as Balances.AccountsReceivable.Outstanding; remove this line",
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
            (".salesforce: BillingAddress is several fields and has no length of its own; write only its name"),
        ),
        (
            "{salesforce: {field: A__c, type: checkbox, length: 5}, xero: Name}",
            ".salesforce: a checkbox has no length; remove length",
        ),
        (
            "{salesforce: {field: A__c, type: number, length: 5}, xero: Discount, direction: to_salesforce}",
            ".salesforce: a number has no length; remove length",
        ),
        (
            "{salesforce: {field: A__c, scale: 5}, xero: Name}",
            ".salesforce: a text has no scale; remove scale",
        ),
        (
            "{salesforce: {field: A__c, codes: true}, xero: Name}",
            ".salesforce: A__c is no address, and only addresses have codes; remove codes",
        ),
        (
            "{salesforce: {field: PersonName, codes: true}, xero: PersonName}",
            ".salesforce: PersonName is no address, and only addresses have codes; remove codes",
        ),
        (
            "{salesforce: {field: Balance__c, type: currency}, xero: Balances.AccountsReceivable.Outstanding}",
            ": Balances.AccountsReceivable.Outstanding is read-only in Xero; add direction: to_salesforce",
        ),
        (
            "{salesforce: A__c, xero: PaymentTerms}",
            ".xero: PaymentTerms are two; map one, such as PaymentTerms.Sales; remove this line",
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


def test_a_part_of_a_value_is_written_by_one_rule(findings_in: FindingsIn) -> None:
    found = findings_in(
        body("{salesforce: PersonName, xero: PersonName}", "{salesforce: LastName, xero: LastName}").replace(
            "salesforce: Account", "salesforce: Contact"
        )
    )
    assert (
        found
        == [
            (
                "acme.yaml:12: mappings.customers.fields[2]: field rule 1 writes LastName too; "
                "keep one, or give each a direction"
            )
        ]
        * 2
    )


def test_rules_may_share_a_list_or_an_object(mapping_of: MappingOf) -> None:
    mapping = mapping_of(
        body(
            "{salesforce: Phone, xero: Phones.DEFAULT}",
            "{salesforce: Fax, xero: Phones.FAX}",
            "{salesforce: Terms__c, xero: PaymentTerms.Sales}",
            "{salesforce: Bill_Terms__c, xero: PaymentTerms.Bills}",
            "{salesforce: BillingAddress, xero: Addresses.POBOX}",
            "{salesforce: Attention__c, xero: Addresses.POBOX.AttentionTo}",
        )
    )
    assert len(mapping.fields) == 6


def test_xero_has_two_tracking_categories(findings_in: FindingsIn, mapping_of: MappingOf) -> None:
    rules = [f"{{salesforce: {name}__c, xero: SalesTrackingCategories.{name} Name}}" for name in ("A", "B", "C")]
    assert len(mapping_of(body(*rules[:2], rules[2].replace("Sales", "Purchases"))).fields) == 3
    assert findings_in(body(*rules)) == [
        "acme.yaml:13: mappings.customers.fields[3].xero: Xero has at most 2 tracking categories; remove this line"
    ]
