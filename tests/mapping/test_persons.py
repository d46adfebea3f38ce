"""People are one value: chosen in a fixed order, compared without one, and never left out unnoticed."""

import pytest

from app.errors import ConditionFailed
from app.mapping.expressions import compile_condition
from app.mapping.persons import MOST, PersonField, salesforce_people, xero_people
from app.mapping.values import Fields, Json

NAMES = (PersonField.LAST_NAME, PersonField.EMAIL_ADDRESS, PersonField.INCLUDE_IN_EMAILS)
FIELDS = {
    PersonField.LAST_NAME: "LastName",
    PersonField.EMAIL_ADDRESS: "Email",
    PersonField.INCLUDE_IN_EMAILS: "Bill_Me__c",
}
CHILDREN = salesforce_people("Contacts", "Contact", "AccountId", FIELDS)
PERSONS = xero_people(NAMES)


def people(*rows: Json) -> Fields:
    return {"Contacts": list(rows)}


def test_people_with_an_address_come_first_and_then_the_oldest() -> None:
    rows = people({"LastName": "A"}, {"LastName": "B", "Email": "b@example.com"}, {"LastName": "C"})
    assert CHILDREN.read(rows) == [
        {"LastName": "B", "EmailAddress": "b@example.com", "IncludeInEmails": False},
        {"LastName": "A", "IncludeInEmails": False},
        {"LastName": "C", "IncludeInEmails": False},
    ]


def test_only_those_count_for_whom_the_condition_holds() -> None:
    billed = salesforce_people("Contacts", "Contact", "AccountId", FIELDS, compile_condition("salesforce.Bill_Me__c"))
    rows = people({"LastName": "A", "Bill_Me__c": True}, {"LastName": "B", "Bill_Me__c": False})
    assert billed.read(rows) == [{"LastName": "A", "IncludeInEmails": True}]
    with pytest.raises(ConditionFailed):
        billed.read(people({"LastName": "A"}))


def test_somebody_of_whom_nothing_is_known_is_nobody() -> None:
    assert CHILDREN.read(people({"Id": "1", "Bill_Me__c": True}, {"LastName": " "})) is None
    assert PERSONS.read({"ContactPersons": [{"IncludeInEmails": True}]}) is None


def test_the_order_in_xero_means_nothing() -> None:
    a: dict[str, bool | str] = {"LastName": "A", "IncludeInEmails": False}
    b: dict[str, bool | str] = {"LastName": "B", "IncludeInEmails": True}
    assert PERSONS.read({"ContactPersons": [b, a]}) == PERSONS.read({"ContactPersons": [a, b]}) == [a, b]
    assert PERSONS.write([b, a], {"ContactPersons": [a, b]}) == {}


def test_the_first_five_are_held_and_the_others_are_named() -> None:
    value = [{"LastName": f"Bell {n}", "EmailAddress": f"{n}@example.com"} for n in (6, 5, 4, 3, 2, 1, 0)]
    held = PERSONS.hold(value)
    assert isinstance(held, list)
    assert len(held) == MOST
    assert [person["LastName"] for person in held if isinstance(person, dict)] == [f"Bell {n}" for n in (2, 3, 4, 5, 6)]
    assert PERSONS.left_out(value) == ("Bell 1 <1@example.com>", "Bell 0 <0@example.com>")
    assert PERSONS.left_out(held) == ()


def test_the_same_person_twice_takes_one_place() -> None:
    twice = [{"LastName": "Bell"}] * 2 + [{"LastName": f"Moss {n}"} for n in range(4)]
    assert PERSONS.left_out(twice) == ()
    assert PERSONS.hold(twice) == PERSONS.hold(twice[1:])


def test_what_is_not_mapped_stays_with_the_person_who_has_the_address_or_the_name() -> None:
    lens = xero_people([PersonField.LAST_NAME, PersonField.EMAIL_ADDRESS])
    present: Fields = {
        "ContactPersons": [
            {"LastName": "Bell", "EmailAddress": "Bell@example.com", "IncludeInEmails": True},
            {"LastName": "Moss", "IncludeInEmails": True},
            {"LastName": "Reed", "IncludeInEmails": True},
        ]
    }
    value = [{"LastName": "Bell-Ray", "EmailAddress": "bell@example.com"}, {"LastName": "Moss"}, {"LastName": "Vale"}]
    assert lens.write(value, present) == {
        "ContactPersons": [
            {"LastName": "Bell-Ray", "EmailAddress": "bell@example.com", "IncludeInEmails": True},
            {"LastName": "Moss", "IncludeInEmails": True},
            {"LastName": "Vale"},
        ]
    }


def test_the_last_person_who_goes_leaves_an_empty_list() -> None:
    assert PERSONS.write(None, {"ContactPersons": [{"LastName": "Bell"}]}) == {"ContactPersons": []}
