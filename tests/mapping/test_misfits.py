"""What an org cannot carry out of a mapping is told all at once, with its place and its remedy."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.mapping.description import Description, FieldDescription
from app.mapping.findings import spell
from app.mapping.misfits import misfits
from app.mapping.model import Mapping

MappingOf = Callable[[str], Mapping]

NAME = "{salesforce: Name, xero: Name}"
ACCOUNT = {
    "Name": FieldDescription("Name", "string", 255),
    "Phone": FieldDescription("Phone", "phone", 40),
    "Sync__c": FieldDescription("Sync__c", "boolean"),
    "Xero_Contact_Id__c": FieldDescription("Xero_Contact_Id__c", "string", 36, external_id=True, unique=True),
}


def body(*lines: str, fields: str = NAME) -> str:
    return "\n".join(["salesforce: Account", "xero: Contact", *lines, f"fields: [{fields}]"])


def found(mapping: Mapping, *fields: FieldDescription, **rights: bool) -> list[str]:
    described = Description("Account", {**ACCOUNT, **{field.name: field for field in fields}}, **rights)
    return [f"{spell(each.place)}: {each.problem}; {each.remedy}" for each in misfits(mapping, described)]


def test_a_mapping_that_the_org_can_carry_out_has_no_findings(mapping_of: MappingOf) -> None:
    whole = body("opt_in: Sync__c", "create_in_salesforce: {set: {Phone: '1'}}", "match: [Name]")
    assert found(mapping_of(whole)) == []


def test_a_field_that_is_not_described_is_hidden_or_misspelt(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body(fields=f"{NAME}, {{salesforce: Phones__c, xero: Phones.DEFAULT}}"))
    assert found(mapping, FieldDescription("Phone__c", "phone")) == [
        (
            "mappings.customers.fields[2].salesforce: "
            "Account has no field Phones__c that the integration user may see; "
            "grant that user access to it by field-level security, or correct its name: did you mean Phone__c?"
        )
    ]


@pytest.mark.parametrize(
    ("lines", "place", "field"),
    [
        (["opt_in: Hidden__c"], "opt_in", "Hidden__c"),
        (["only: {salesforce: salesforce.Hidden__c == true}"], "only.salesforce", "Hidden__c"),
        (["create_in_xero: {when: salesforce.Hidden__c == true}"], "create_in_xero.when", "Hidden__c"),
        (["match: [{salesforce: Hidden__c, xero: Name}]"], "match[1]", "Hidden__c"),
        (["create_in_salesforce: {set: {Hidden__c: x}}"], "create_in_salesforce.set", "Hidden__c"),
        (["salesforce_key: Hidden__c"], "salesforce_key", "Hidden__c"),
    ],
)
def test_whatever_place_names_a_hidden_field_is_told(
    mapping_of: MappingOf, lines: list[str], place: str, field: str
) -> None:
    (finding,) = found(mapping_of(body(*lines)))
    assert finding.startswith(f"mappings.customers.{place}: Account has no field {field} ")


def test_a_hidden_field_is_told_once(mapping_of: MappingOf) -> None:
    rules = "{salesforce: A__c, xero: Phones.DEFAULT}, {salesforce: A__c, xero: Phones.FAX, direction: to_xero}"
    assert len(found(mapping_of(body(fields=rules)))) == 1


@pytest.mark.parametrize(
    ("rule", "feature"),
    [
        ("{salesforce: CurrencyIsoCode, xero: DefaultCurrency}", "several currencies"),
        ("{salesforce: PersonName, xero: PersonName}", "person accounts"),
        ("{salesforce: PersonEmail, xero: EmailAddress}", "person accounts"),
    ],
)
def test_a_field_of_a_feature_that_is_off_says_so(mapping_of: MappingOf, rule: str, feature: str) -> None:
    first, *_ = found(mapping_of(body(fields=rule)))
    assert f"it is there only where the org has {feature}" in first


def test_codes_need_the_picklists_of_states_and_countries(mapping_of: MappingOf) -> None:
    rule = "{salesforce: {field: BillingAddress, codes: true}, xero: Addresses.POBOX}"
    told = found(mapping_of(body(fields=rule)))
    assert sum("state and country picklists" in each for each in told) == 2


@pytest.mark.parametrize(
    ("told", "remedy"),
    [
        ("boolean", "A__c is a boolean in Salesforce and no text; write {field: A__c, type: checkbox}"),
        ("double", "A__c is a double in Salesforce and no text; write {field: A__c, type: number}"),
        ("date", "A__c is a date in Salesforce and no text; let the rule go to_xero"),
    ],
)
def test_a_field_of_another_type_is_told_with_its_own(mapping_of: MappingOf, told: str, remedy: str) -> None:
    rule = "{salesforce: A__c, xero: Phones.DEFAULT}"
    assert found(mapping_of(body(fields=rule)), FieldDescription("A__c", told)) == [
        f"mappings.customers.fields[1].salesforce: {remedy}"
    ]


def test_a_checkbox_and_a_number_are_nothing_else(mapping_of: MappingOf) -> None:
    checkbox = "{salesforce: {field: A__c, type: checkbox}, xero: IsCustomer, direction: to_salesforce}"
    number = "{salesforce: {field: A__c, type: percent}, xero: Discount, direction: to_salesforce}"
    text = FieldDescription("A__c", "string")
    assert "and no checkbox; write {field: A__c, type: text}" in found(mapping_of(body(fields=checkbox)), text)[0]
    assert "and no number; write {field: A__c, type: text}" in found(mapping_of(body(fields=number)), text)[0]
    assert "and no checkbox" in found(mapping_of(body("opt_in: A__c")), text)[0]


def test_a_date_may_be_read_as_text(mapping_of: MappingOf) -> None:
    rule = "{salesforce: A__c, xero: CompanyNumber, direction: to_xero}"
    assert found(mapping_of(body(fields=rule)), FieldDescription("A__c", "datetime", updateable=False)) == []


@pytest.mark.parametrize(
    ("createable", "updateable", "said"),
    [(True, False, "updated"), (False, True, "created"), (False, False, "created or updated")],
)
def test_a_field_that_a_rule_writes_must_be_writable(
    mapping_of: MappingOf, createable: bool, updateable: bool, said: str
) -> None:
    phone = FieldDescription("Phone", "phone", 40, createable=createable, updateable=updateable)
    mapping = mapping_of(body("create_in_salesforce: true", fields=f"{NAME}, {{salesforce: Phone, xero: Phones.FAX}}"))
    assert found(mapping, phone) == [
        (
            f"mappings.customers.fields[2].salesforce: Phone cannot be {said} by the integration user; "
            "grant that user edit access to the field, or let the rule go to_xero"
        )
    ]


def test_what_is_only_read_need_not_be_writable(mapping_of: MappingOf) -> None:
    phone = FieldDescription("Phone", "phone", 40, createable=False, updateable=False)
    rule = "{salesforce: Phone, xero: Phones.FAX, direction: to_xero}"
    assert found(mapping_of(body(fields=rule)), phone) == []


@pytest.mark.parametrize(("external_id", "unique"), [(True, False), (False, True), (False, False)])
def test_the_key_of_a_create_must_be_an_external_id_and_unique(
    mapping_of: MappingOf, external_id: bool, unique: bool
) -> None:
    key = replace(ACCOUNT["Xero_Contact_Id__c"], external_id=external_id, unique=unique)
    assert found(mapping_of(body()), key) == []
    assert found(mapping_of(body("create_in_salesforce: true")), key) == [
        (
            "mappings.customers.salesforce_key: Xero_Contact_Id__c is not both External ID and Unique, "
            "so a create could be doubled; tick both boxes of the field in Salesforce, or name another field"
        )
    ]


def test_an_object_that_may_not_be_created_or_edited_is_told(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body("create_in_salesforce: true"))
    assert [each.split(";")[0] for each in found(mapping, createable=False, updateable=False)] == [
        "mappings.customers.salesforce: the integration user may not create records of Account",
        "mappings.customers.salesforce: the integration user may not edit records of Account",
    ]
    to_xero = mapping_of(body("direction: to_xero"))
    assert found(to_xero, createable=False, updateable=False) == []
