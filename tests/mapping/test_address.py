"""An address is one value, whatever number of fields a system keeps it in."""

from app.mapping.address import salesforce_address, xero_address

BILLING = salesforce_address("Billing")
POBOX = xero_address("POBOX")
VALUE = {"street": "Level 3\n12 Queen Street", "city": "Auckland", "postal_code": "1010", "country": "New Zealand"}
SALESFORCE = {
    "BillingStreet": "Level 3\r\n12 Queen Street",
    "BillingCity": "Auckland",
    "BillingState": None,
    "BillingPostalCode": "1010",
    "BillingCountry": "New Zealand",
}
XERO = {
    "AddressType": "POBOX",
    "AttentionTo": "Accounts",
    "AddressLine1": "Level 3",
    "AddressLine2": "12 Queen Street",
    "AddressLine3": "",
    "AddressLine4": "",
    "City": "Auckland",
    "Region": "",
    "PostalCode": "1010",
    "Country": "New Zealand",
}


def test_both_systems_read_the_same_address_as_the_same_value() -> None:
    assert BILLING.read(SALESFORCE) == VALUE
    assert POBOX.read({"Addresses": [{"AddressType": "STREET", "City": "Napier"}, XERO]}) == VALUE


def test_a_blank_address_is_none() -> None:
    assert BILLING.read({"BillingStreet": " ", "BillingCity": ""}) is None
    assert POBOX.read({"Addresses": [{"AddressType": "POBOX", "City": ""}]}) is None


def test_only_the_parts_that_differ_are_written_to_salesforce() -> None:
    assert BILLING.write({**VALUE, "city": "Napier"}, SALESFORCE) == {"BillingCity": "Napier"}


def test_none_clears_every_filled_part() -> None:
    assert BILLING.write(None, SALESFORCE) == {
        "BillingStreet": None,
        "BillingCity": None,
        "BillingPostalCode": None,
        "BillingCountry": None,
    }


def test_an_address_is_replaced_within_its_list_and_what_is_no_part_of_it_stays() -> None:
    street = {"AddressType": "STREET", "City": "Napier"}
    assert POBOX.write({**VALUE, "street": "1 Short Street"}, {"Addresses": [street, XERO]}) == {
        "Addresses": [street, {**XERO, "AddressLine1": "1 Short Street", "AddressLine2": ""}]
    }


def test_more_than_four_lines_are_folded_into_the_fourth() -> None:
    assert POBOX.hold({"street": "a\nb\nc\nd\ne"}) == {"street": "a\nb\nc\nd, e"}
    assert POBOX.write({"street": "a\nb\nc\nd\ne"}, {}) == {
        "Addresses": [
            {
                "AddressType": "POBOX",
                "AddressLine1": "a",
                "AddressLine2": "b",
                "AddressLine3": "c",
                "AddressLine4": "d, e",
            }
        ]
    }


def test_the_country_is_held_in_letters_by_xero_alone() -> None:
    assert POBOX.hold({"country": "U.S.A."}) == {"country": "USA"}
    assert BILLING.hold({"country": "U.S.A."}) == {"country": "U.S.A."}


def test_each_part_has_the_length_of_its_system() -> None:
    long = {"street": "s" * 999, "city": "c" * 999, "region": "r" * 999, "postal_code": "p" * 999, "country": "z" * 999}
    assert _lengths(BILLING.hold(long)) == {"street": 255, "city": 40, "region": 80, "postal_code": 20, "country": 80}
    assert _lengths(POBOX.hold(long)) == {"street": 500, "city": 255, "region": 255, "postal_code": 50, "country": 50}


def _lengths(value: object) -> dict[str, int]:
    assert isinstance(value, dict)
    return {part: len(text) for part, text in value.items()}
