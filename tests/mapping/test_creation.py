"""Creation is declared per direction, each with a condition that can be read before the create."""

from collections.abc import Callable

import pytest

from app.mapping.model import Mapping
from app.mapping.values import System

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]
NAME = "{salesforce: Name, xero: Name}"


def body(creation: str, *, fields: str = NAME, direction: str = "both") -> str:
    return f"salesforce: Account\nxero: Contact\n{creation}\ndirection: {direction}\nfields: [{fields}]"


def test_nothing_is_created_where_nothing_is_declared(mapping_of: MappingOf) -> None:
    mapping = mapping_of(body("on_delete: ask"))
    assert (mapping.create_in_xero, mapping.create_in_salesforce) == (None, None)


def test_true_is_the_short_form_of_always(mapping_of: MappingOf) -> None:
    rule = mapping_of(body("create_in_xero: true")).create_in(System.XERO)
    assert rule
    assert (rule.when, rule.set) == (None, {})


def test_a_condition_and_fixed_values_are_compiled(mapping_of: MappingOf) -> None:
    text = "create_in_salesforce: {when: xero.IsCustomer, set: {Type: Customer, Sync_to_Xero__c: true}}"
    rule = mapping_of(body(text)).create_in(System.SALESFORCE)
    assert rule
    assert rule.when
    assert rule.when.holds(None, {"IsCustomer": True})
    assert rule.set == {"Type": "Customer", "Sync_to_Xero__c": True}


@pytest.mark.parametrize(
    ("creation", "finding"),
    [
        (
            "create_in_xero: {when: salesforce.A + salesforce.B}",
            "create_in_xero.when: the condition cannot be read: at character 14: + is not offered",
        ),
        (
            'create_in_xero: {when: xero.Name == "x"}',
            "create_in_xero.when: before the create there is no xero record to read; name only fields of salesforce",
        ),
        (
            "create_in_salesforce: {set: {Name: x}}",
            "create_in_salesforce: a field rule writes Name too; remove it from",
        ),
    ],
)
def test_a_creation_that_cannot_be_decided_is_refused(findings_in: FindingsIn, creation: str, finding: str) -> None:
    (found,) = findings_in(body(creation))
    assert found.startswith(f"acme.yaml:8: mappings.customers.{finding}")


def test_a_mapping_of_one_direction_creates_only_there(findings_in: FindingsIn) -> None:
    found = findings_in(body("create_in_salesforce: true", direction="to_xero"))
    assert "create_in_salesforce: the mapping goes to_xero only; remove this" in found[0]


@pytest.mark.parametrize(
    ("target", "object", "name"), [("xero", "Contact", "Name"), ("salesforce", "Account", "Name or LastName")]
)
def test_what_an_object_cannot_be_created_without_must_be_mapped(
    findings_in: FindingsIn, target: str, object: str, name: str
) -> None:
    (found,) = findings_in(body(f"create_in_{target}: true", fields="{salesforce: Phone, xero: Phones.DEFAULT}"))
    assert found.endswith(
        f"create_in_{target}: no field rule writes {name}, without which no {object} can be created; map {name}"
    )


def test_a_person_s_name_is_a_name_on_both_sides(mapping_of: MappingOf) -> None:
    person = "{salesforce: PersonName, xero: PersonName}"
    assert mapping_of(body("create_in_salesforce: true\ncreate_in_xero: true", fields=person)).create_in_xero


def test_a_record_type_is_given_at_creation(mapping_of: MappingOf) -> None:
    rule = mapping_of(body("create_in_salesforce: {set: {RecordTypeId: 0125Y000001MPM7}}")).create_in_salesforce
    assert rule
    assert rule.set == {"RecordTypeId": "0125Y000001MPM7"}


def test_a_required_field_may_be_fixed(mapping_of: MappingOf) -> None:
    creation = "create_in_salesforce: {set: {Name: Unnamed}}"
    assert mapping_of(body(creation, fields="{salesforce: Phone, xero: Phones.DEFAULT}")).create_in_salesforce
