"""What Xero refuses in a contact."""

import pytest

from app.mapping.values import Fields
from app.simulator.xero.contacts.contact import NEW
from app.simulator.xero.contacts.merging import merged
from app.simulator.xero.contacts.rules import mistakes
from app.simulator.xero.facts import XeroFacts


def refused(**sent: object) -> tuple[str, ...]:
    element: Fields = {"Name": "Kea Ltd", **sent}  # type: ignore[dict-item]  # tests send anything
    return mistakes(element, merged(element, NEW, XeroFacts(), person=False), lambda _name, _text: [])


@pytest.mark.parametrize(
    "sent",
    [
        {"Name": ""},
        {"TaxNumber": 5},
        {"Name": "a" * 256},
        {"Name": "Kea <Ltd>"},
        {"Name": " Kea Ltd"},
        {"Name": "Kea Ltd "},
        {"Name": "Kea  Ltd"},
        {"Name": "Kea\tLtd"},
        {"ContactNumber": "1" * 51},
        {"AccountNumber": "1" * 51},
        {"TaxNumber": "1" * 51},
        {"EmailAddress": "no address"},
        {"EmailAddress": "jürgen@kea.test"},
        {"Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "1" * 51}]},
        {"Phones": [{"PhoneType": "DEFAULT", "PhoneAreaCode": "1" * 11}]},
        {"Addresses": [{"AddressType": "POBOX", "AddressLine1": "x" * 501}]},
        {"Addresses": [{"AddressType": "POBOX", "Country": "NZ1"}]},
        {"ContactStatus": "GONE"},
        {"ContactPersons": [{"FirstName": str(number)} for number in range(6)]},
    ],
    ids=str,
)
def test_a_contact_is_refused(sent: dict[str, object]) -> None:
    assert len(refused(**sent)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Name": "a" * 255},
        {"ContactNumber": "1" * 50},
        {"EmailAddress": ""},
        {"EmailAddress": None},
        {"Addresses": [{"AddressType": "POBOX", "Country": "Côte d Ivoire"}]},
        {"Unknown": 1, "Balances": {}},
    ],
    ids=str,
)
def test_a_contact_is_accepted(sent: dict[str, object]) -> None:
    assert refused(**sent) == ()


@pytest.mark.parametrize("part", ["Phones", "Addresses"])
def test_an_unknown_type_of_phone_or_address_is_refused(part: str) -> None:
    kind = "PhoneType" if part == "Phones" else "AddressType"
    assert len(refused(**{part: [{kind: "HOME"}]})) == 1
