"""Child records in a sync file: the short form, the long one, and what is refused."""

from collections.abc import Callable

import pytest

from app.mapping.model import Mapping, Part
from app.mapping.values import System

MappingOf = Callable[[str], Mapping]
FindingsIn = Callable[[str], list[str]]
LONG = "{object: Person__c, parent: Company__c, fields: {LastName: Name, IncludeInEmails: Bill_Me__c}}"


def with_rule(rule: str, object: str = "Account") -> str:
    return f"salesforce: {object}\nxero: Contact\nfields:\n  - {{salesforce: Name, xero: Name}}\n  - {rule}"


def test_contacts_are_the_contacts_of_an_account(mapping_of: MappingOf) -> None:
    mapping = mapping_of(with_rule("{xero: ContactPersons, children: Contacts, direction: to_xero}"))
    assert mapping.fields[1].name == "Contacts:ContactPersons"
    named = frozenset({"FirstName", "LastName", "Email"})
    assert mapping.parts == (Part(System.SALESFORCE, "Contact", ("AccountId",), "Contacts", named),)


def test_any_object_may_hold_people(mapping_of: MappingOf) -> None:
    rule = LONG[:-1] + ', when: salesforce.Role__c == "Billing"}'
    (part,) = mapping_of(with_rule(f"{{xero: ContactPersons, children: {rule}, direction: to_xero}}")).parts
    assert (part.object, part.parent, part.shown_as) == ("Person__c", ("Company__c",), "Person__c.Company__c")
    assert part.fields == {"Name", "Bill_Me__c", "Role__c"}


def test_what_is_shown_with_a_record_is_not_asked_for_as_a_field(mapping_of: MappingOf) -> None:
    mapping = mapping_of(with_rule("{xero: ContactPersons, children: Contacts, direction: to_xero}"))
    assert mapping.keys(System.SALESFORCE) == {"Name", "Xero_Contact_Id__c"}


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        (
            "{xero: ContactPersons, children: Contacts}",
            "fields[2]: Contacts is read-only in Salesforce; add direction: to_xero",
        ),
        (
            "{xero: Name, children: Contacts, direction: to_xero}",
            "fields[2].xero: Name cannot be made of child records; write xero: ContactPersons",
        ),
        (
            "{xero: ContactPersons, salesforce: People__c, direction: to_xero}",
            "fields[2].xero: ContactPersons is a list of people; map it with children: Contacts; remove this line",
        ),
        (
            f"{{xero: ContactPersons, children: {LONG[:-1]}, when: xero.Name != null}}, direction: to_xero}}",
            "fields[2].children: a child record has no Xero side; name only fields of salesforce, which is the child",
        ),
        (
            f"{{xero: ContactPersons, children: {LONG[:-1]}, when: '1 +'}}, direction: to_xero}}",
            "fields[2].children: the condition cannot be read: ",
        ),
    ],
)
def test_what_cannot_hold_is_refused(findings_in: FindingsIn, rule: str, finding: str) -> None:
    (found,) = findings_in(with_rule(rule))
    assert found.startswith(f"acme.yaml:10: mappings.customers.{finding}")


def test_only_accounts_have_contacts(findings_in: FindingsIn) -> None:
    (found,) = findings_in(
        with_rule("{xero: ContactPersons, children: Contacts, direction: to_xero}", object="Company__c")
    )
    assert "Contacts are child records of Account, not of Company__c; name object, parent and fields" in found


def test_people_have_one_source(findings_in: FindingsIn) -> None:
    rules = [f"{{xero: ContactPersons, children: {each}, direction: to_xero}}" for each in ("Contacts", LONG)]
    (found,) = findings_in(with_rule("\n  - ".join(rules)))
    assert "field rule 2 writes ContactPersons too" in found
