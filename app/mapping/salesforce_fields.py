"""Salesforce fields: the standard ones of Account and Contact, and any other by its type."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from app.mapping.address import coded_address, salesforce_address
from app.mapping.codes import Code
from app.mapping.known_fields import Kind, KnownField, by_path
from app.mapping.lenses import Checkbox, Text
from app.mapping.numbers import Number
from app.mapping.person_name import SalesforcePersonName
from app.mapping.text import capitals, several_lines, single_line


class SalesforceType(StrEnum):
    """The types that a Salesforce field may have in a sync file."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    PICKLIST = "picklist"
    CHECKBOX = "checkbox"
    NUMBER = "number"
    CURRENCY = "currency"
    PERCENT = "percent"


LENGTHS: Mapping[SalesforceType, int] = {
    SalesforceType.TEXT: 255,
    SalesforceType.LONG_TEXT: 32_768,
    SalesforceType.EMAIL: 80,
    SalesforceType.PHONE: 40,
    SalesforceType.URL: 255,
    SalesforceType.PICKLIST: 255,
}
"""The length of each text type where the sync file names none, in UTF-16 units."""

SCALES: Mapping[SalesforceType, int] = dict.fromkeys(
    (SalesforceType.NUMBER, SalesforceType.CURRENCY, SalesforceType.PERCENT), 2
)
"""The decimal places of each type of number where the sync file names none."""


def typed_field(path: str, kind: SalesforceType, length: int | None = None, scale: int | None = None) -> KnownField:
    """The field `path` of that kind. `length` or `scale` say what it is in this org, where the kind has one."""
    if kind is SalesforceType.CHECKBOX:
        return KnownField(Checkbox(path), Kind.CHECKBOX)
    if kind in SCALES:
        return KnownField(Number(path, SCALES[kind] if scale is None else scale, scale is not None), Kind.NUMBER)
    shape = several_lines if kind is SalesforceType.LONG_TEXT else single_line
    return KnownField(Text(path, length or LENGTHS[kind], None, shape, stated=length is not None))


def coded(path: str) -> KnownField:
    """The address `path`, whose state and country go by their codes."""
    return KnownField(coded_address(path.removesuffix("Address")), Kind.ADDRESS)


def _text(path: str, length: int, shape: Callable[[str], str] = single_line, *, writable: bool = True) -> KnownField:
    return KnownField(Text(path, length, None, shape), writable=writable)


def _texts(length: int, *paths: str) -> list[KnownField]:
    return [_text(path, length) for path in paths]


def _addresses(*kinds: str) -> list[KnownField]:
    return [KnownField(salesforce_address(kind), Kind.ADDRESS) for kind in kinds]


_CURRENCY = KnownField(Code("CurrencyIsoCode", None, "[A-Z]{3}", "a currency's code of three letters", capitals))
_OF_EVERY_OBJECT = (
    *(_text(path, 255, writable=False) for path in ("Id", "CreatedDate", "SystemModstamp")),
    _CURRENCY,
)
_OF_PEOPLE = (KnownField(SalesforcePersonName(), Kind.PERSON), _text("FirstName", 40), _text("LastName", 80))

ACCOUNT: Mapping[str, KnownField] = by_path(
    *_OF_EVERY_OBJECT,
    _text("Name", 255),
    *_texts(40, "AccountNumber", "Phone", "Fax"),
    *_texts(255, "Website", "Type", "Industry", "Rating", "Ownership", "AccountSource"),
    *_texts(80, "Site"),
    *_texts(20, "Sic", "TickerSymbol"),
    _text("Description", 32_000, several_lines),
    KnownField(Number("AnnualRevenue", 0), Kind.NUMBER),
    KnownField(Number("NumberOfEmployees", 0), Kind.NUMBER),
    *_addresses("Billing", "Shipping"),
    *_OF_PEOPLE,
    *_texts(80, "PersonEmail", "PersonTitle"),
    *_texts(40, "PersonMobilePhone", "PersonHomePhone", "PersonOtherPhone", "PersonAssistantPhone"),
    *_addresses("PersonMailing", "PersonOther"),
    KnownField(Checkbox("IsPersonAccount"), Kind.CHECKBOX, writable=False),
)

CONTACT: Mapping[str, KnownField] = by_path(
    *_OF_EVERY_OBJECT,
    _text("Name", 121, writable=False),
    *_OF_PEOPLE,
    *_texts(40, "Salutation", "Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "Fax"),
    *_texts(80, "Email", "Department"),
    _text("Title", 128),
    _text("LeadSource", 255),
    _text("Description", 32_000, several_lines),
    *_addresses("Mailing", "Other"),
)

KNOWN: Mapping[str, Mapping[str, KnownField]] = {"Account": ACCOUNT, "Contact": CONTACT}
"""The standard fields by object. Of other objects the sync file says the types."""
