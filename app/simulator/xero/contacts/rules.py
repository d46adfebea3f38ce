"""What Xero refuses in a contact."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from app.mapping.values import Fields, Json
from app.simulator.xero.contacts.contact import (
    ADDRESS_LENGTHS,
    ADDRESS_TYPES,
    LINE_AMOUNT_FIELDS,
    LINE_AMOUNT_TYPES,
    PERSON_TEXTS,
    PHONE_LENGTHS,
    PHONE_TYPES,
    TERM_TYPES,
    TEXT_LENGTHS,
    TRACKING_FIELDS,
    TRACKING_LENGTHS,
    Contact,
)
from app.simulator.xero.contacts.merging import part_text, parts

EMAIL = re.compile(r"[!-~]+@[!-~]+\.[!-~]+")
MOST_PERSONS = 5
MOST_TRACKING = 2
LAST_DAY = 31


Holders = Callable[[str, str], Sequence[Contact]]
"""The other contacts that hold a text in a field."""


def mistakes(sent: Fields, after: Fields, holders: Holders) -> tuple[str, ...]:
    """Every reason why the contact cannot become `after`; `sent` is the element that was written."""
    return (
        *_wrong_kinds(sent),
        *_name(part_text(after, "Name")),
        *_texts(after),
        *_unknown_types(sent),
        *_phones(after),
        *_addresses(after),
        *_persons(after),
        *_defaults(after),
        *_rest(after),
        *_clashes(after, holders),
    )


def _wrong_kinds(sent: Fields) -> Iterator[str]:
    for name in TEXT_LENGTHS:
        if not isinstance(sent.get(name), str | None):
            yield f"{name} must be text."


def _name(name: str) -> Iterator[str]:
    if not name:
        yield "The contact name must be specified."
    if "<" in name or ">" in name:
        yield "The contact name cannot contain angle brackets."
    if name != " ".join(name.split()):
        yield "The contact name cannot have leading, trailing or repeated spaces."


def _texts(after: Fields) -> Iterator[str]:
    yield from _too_long(after, TEXT_LENGTHS.items())
    email = part_text(after, "EmailAddress")
    if email and not EMAIL.fullmatch(email):
        yield "Email address must be valid."


def _too_long(part: Fields, lengths: Iterable[tuple[str, int]]) -> Iterator[str]:
    for name, longest in lengths:
        if len(part_text(part, name)) > longest:
            yield f"The field {name} has a maximum length of {longest} characters."


def _unknown_types(sent: Fields) -> Iterator[str]:
    if any(part_text(part, "PhoneType") not in PHONE_TYPES for part in parts(sent, "Phones")):
        yield "The phone type is not known."
    if any(part_text(part, "AddressType") not in ADDRESS_TYPES for part in parts(sent, "Addresses")):
        yield "The address type is not known."


def _phones(after: Fields) -> Iterator[str]:
    for part in parts(after, "Phones"):
        yield from _too_long(part, PHONE_LENGTHS.items())


def _addresses(after: Fields) -> Iterator[str]:
    for part in parts(after, "Addresses"):
        yield from _too_long(part, ADDRESS_LENGTHS.items())
        country = part_text(part, "Country")
        if country and not all(letter.isalpha() or letter == " " for letter in country):
            yield "The country can contain letters only."


def _persons(after: Fields) -> Iterator[str]:
    persons = list(parts(after, "ContactPersons"))
    if len(persons) > MOST_PERSONS:
        yield f"A contact can have {MOST_PERSONS} contact persons at most."
    for person in persons:
        yield from _too_long(person, dict.fromkeys(PERSON_TEXTS, 255).items())
        email = part_text(person, "EmailAddress")
        if email and not EMAIL.fullmatch(email):
            yield "Email address of the contact person must be valid."


def _defaults(after: Fields) -> Iterator[str]:
    for name in LINE_AMOUNT_FIELDS:
        if part_text(after, name) not in {"", *LINE_AMOUNT_TYPES}:
            yield f"{name} is not a line amount type."
    for name in TRACKING_FIELDS:
        entries = list(parts(after, name))
        if len(entries) > MOST_TRACKING:
            yield f"{name} can hold {MOST_TRACKING} categories at most."
        for entry in entries:
            yield from _too_long(entry, TRACKING_LENGTHS.items())
    terms = after.get("PaymentTerms")
    for side, term in terms.items() if isinstance(terms, Mapping) else ():
        if side not in {"Bills", "Sales"} or not _is_term(term):
            yield "Payment terms are a day (0 to 31) and a type, for Bills and Sales."


def _is_term(term: Json) -> bool:
    if not isinstance(term, Mapping):
        return False
    day = term.get("Day")
    return isinstance(day, int) and 0 <= day <= LAST_DAY and term.get("Type") in TERM_TYPES


def _rest(after: Fields) -> Iterator[str]:
    if after["ContactStatus"] not in {"ACTIVE", "ARCHIVED", "GDPRREQUEST"}:
        yield "The contact status is not valid."


def _clashes(after: Fields, holders: Holders) -> Iterator[str]:
    is_active = after["ContactStatus"] == "ACTIVE"
    if is_active and any(other.active for other in holders("Name", part_text(after, "Name"))):
        yield (
            f"The contact name {after['Name']} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )
    if holders("ContactNumber", part_text(after, "ContactNumber")):
        yield f"Another contact already has the contact number {after['ContactNumber']}."
    if is_active and any(other.active for other in holders("AccountNumber", part_text(after, "AccountNumber"))):
        yield f"The account number {after['AccountNumber']} already exists."
