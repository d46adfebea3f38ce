"""A person's first and last name are one value, and Xero's contact has a name besides."""

import pytest

from app.errors import Unfit
from app.mapping.person_name import SalesforcePersonName, XeroPersonName
from app.mapping.values import Fields, Value

SALESFORCE, XERO = SalesforcePersonName(), XeroPersonName()
ANN: Value = {"first": "Ann", "last": "van Dam"}


def test_both_systems_read_the_same_person() -> None:
    assert SALESFORCE.read({"FirstName": "Ann", "LastName": "van Dam"}) == ANN
    assert XERO.read({"Name": "Ann van Dam", "FirstName": "Ann", "LastName": "van Dam"}) == ANN


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("Ann Mary Smith", {"first": "Ann Mary", "last": "Smith"}),
        ("Ann", {"last": "Ann"}),
        (" ", None),
    ],
)
def test_a_contact_without_first_and_last_name_has_its_last_word_as_last_name(name: str, person: Value) -> None:
    assert XERO.read({"Name": name, "FirstName": "", "LastName": None}) == person


def test_a_name_alone_is_the_last_name_since_salesforce_wants_one() -> None:
    assert XERO.read({"Name": "Shop", "FirstName": "Ann"}) == {"last": "Ann"}
    assert SALESFORCE.write({"first": "Ann"}, {}) == {"LastName": "Ann"}


def test_the_contact_s_name_follows_its_person() -> None:
    assert XERO.write(ANN, {}) == {"FirstName": "Ann", "LastName": "van Dam", "Name": "Ann van Dam"}
    before: Fields = {"Name": "Ann Smith", "FirstName": "Ann", "LastName": "Smith"}
    assert XERO.write(ANN, before) == {"LastName": "van Dam", "Name": "Ann van Dam"}


def test_a_name_that_somebody_gave_the_contact_stays() -> None:
    before: Fields = {"Name": "Smith's Bakery", "FirstName": "Ann", "LastName": "Smith"}
    assert XERO.read(before) == {"first": "Ann", "last": "Smith"}
    assert XERO.write(ANN, before) == {"LastName": "van Dam"}


def test_each_part_has_the_length_of_its_system() -> None:
    long: Value = {"first": "f" * 300, "last": "l" * 300}
    assert SALESFORCE.hold(long) == {"first": "f" * 40, "last": "l" * 80}
    assert XERO.hold(long) == {"first": "f" * 255, "last": "l" * 255}
    assert XERO.write(long, {})["Name"] == "f" * 255


@pytest.mark.parametrize("lens", [SALESFORCE, XERO])
def test_nobody_is_left_without_a_name(lens: SalesforcePersonName | XeroPersonName) -> None:
    with pytest.raises(Unfit):
        lens.write(None, {"Name": "Ann", "LastName": "Ann"})
