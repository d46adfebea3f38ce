"""Xero fields: those of a Contact that can be mapped."""

from collections.abc import Mapping

from app.mapping.address import xero_address
from app.mapping.known_fields import Kind, KnownField, by_path
from app.mapping.lenses import Checkbox, Text
from app.mapping.phone import xero_phone
from app.mapping.text import xero_name


def _text(path: str, length: int, *, writable: bool = True) -> KnownField:
    return KnownField(Text(path, length, ""), writable=writable)


CONTACT: Mapping[str, KnownField] = by_path(
    KnownField(Text("Name", 255, "", xero_name)),
    _text("FirstName", 255),
    _text("LastName", 255),
    _text("EmailAddress", 255),
    _text("TaxNumber", 50),
    _text("AccountNumber", 50),
    _text("CompanyNumber", 50),
    _text("Website", 255, writable=False),
    KnownField(Checkbox("IsCustomer"), Kind.CHECKBOX, writable=False),
    KnownField(Checkbox("IsSupplier"), Kind.CHECKBOX, writable=False),
    *(KnownField(xero_phone(kind)) for kind in ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")),
    *(KnownField(xero_address(kind), Kind.ADDRESS) for kind in ("POBOX", "STREET")),
)

KNOWN: Mapping[str, Mapping[str, KnownField]] = {"Contact": CONTACT}
"""The fields by resource. What is not here cannot be mapped."""

RESERVED: Mapping[str, str] = {
    "ContactNumber": "carries the Salesforce id and is written by every create",
    "ContactStatus": "says whether the contact is archived and follows on_delete",
    "ContactID": "is the contact's identity",
    "UpdatedDateUTC": "is the contact's version",
    "MergedToContactID": "is followed by itself",
    "ContactPersons": "is a list of child records, which are not yet supported",
    "Balances": "is read-only in Xero, and amounts are not yet supported",
    "Discount": "is read-only in Xero, and amounts are not yet supported",
    "Phones": "is a list; map one kind, such as Phones.DEFAULT",
    "Addresses": "is a list; map one kind, such as Addresses.POBOX",
}
"""Fields of a Contact that no rule may name, and why."""
