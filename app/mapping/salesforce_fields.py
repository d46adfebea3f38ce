"""Salesforce fields: the standard ones of Account, and any other by its type."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from app.mapping.address import salesforce_address
from app.mapping.known_fields import Kind, KnownField, by_path
from app.mapping.lenses import Checkbox, Text
from app.mapping.text import several_lines, single_line


class SalesforceType(StrEnum):
    """The types that a Salesforce field may have in a sync file."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    PICKLIST = "picklist"
    CHECKBOX = "checkbox"


LENGTHS: Mapping[SalesforceType, int] = {
    SalesforceType.TEXT: 255,
    SalesforceType.LONG_TEXT: 32_768,
    SalesforceType.EMAIL: 80,
    SalesforceType.PHONE: 40,
    SalesforceType.URL: 255,
    SalesforceType.PICKLIST: 255,
}
"""The length of each text type where the sync file names none, in UTF-16 units."""


def typed_field(path: str, kind: SalesforceType, length: int | None = None) -> KnownField:
    """The field `path` of that kind. `length` says its length in this org; a checkbox has none."""
    if kind is SalesforceType.CHECKBOX:
        return KnownField(Checkbox(path), Kind.CHECKBOX)
    return _text(path, length or LENGTHS[kind], several_lines if kind is SalesforceType.LONG_TEXT else single_line)


def _text(path: str, length: int, shape: Callable[[str], str] = single_line) -> KnownField:
    return KnownField(Text(path, length, None, shape))


ACCOUNT: Mapping[str, KnownField] = by_path(
    _text("Name", 255),
    _text("AccountNumber", 40),
    _text("Phone", 40),
    _text("Fax", 40),
    _text("Website", 255),
    _text("Type", 255),
    _text("Industry", 255),
    _text("Description", 32_000, several_lines),
    *(KnownField(Text(path, 255, None), writable=False) for path in ("Id", "CreatedDate", "SystemModstamp")),
    KnownField(salesforce_address("Billing"), Kind.ADDRESS),
    KnownField(salesforce_address("Shipping"), Kind.ADDRESS),
)

KNOWN: Mapping[str, Mapping[str, KnownField]] = {"Account": ACCOUNT}
"""The standard fields by object. Of other objects the sync file says the types."""
