"""Xero's contact fields, with their limits."""

import pytest

from app.mapping.xero_fields import CONTACT, RESERVED


@pytest.mark.parametrize(
    ("path", "length"),
    [("Name", 255), ("EmailAddress", 255), ("TaxNumber", 50), ("AccountNumber", 50), ("CompanyNumber", 50)],
)
def test_a_text_holds_what_xero_takes(path: str, length: int) -> None:
    assert CONTACT[path].lens.hold("x" * 999) == "x" * length


def test_what_xero_only_lets_be_read_is_marked() -> None:
    assert {path for path, field in CONTACT.items() if not field.writable} == {"Website", "IsCustomer", "IsSupplier"}


def test_every_kind_of_phone_and_address_can_be_mapped() -> None:
    assert {path for path in CONTACT if "." in path} == {
        *(f"Phones.{kind}" for kind in ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")),
        *(f"Addresses.{kind}" for kind in ("POBOX", "STREET")),
    }


def test_a_reserved_field_cannot_be_mapped() -> None:
    assert not CONTACT.keys() & RESERVED.keys()
