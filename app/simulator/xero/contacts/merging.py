"""What a contact becomes when an element is written onto it: what is left out stays as it was."""

from collections.abc import Iterator, Mapping, Sequence

from app.mapping.values import Fields, Json
from app.simulator.xero.contacts.contact import (
    ADDRESS_LENGTHS,
    ADDRESS_TYPES,
    PERSON_TEXTS,
    PHONE_LENGTHS,
    PHONE_TYPES,
    READ_ONLY,
    SHOWN_ADDRESS_PARTS,
    TEXT_LENGTHS,
    TRACKING_FIELDS,
    TRACKING_LENGTHS,
)
from app.simulator.xero.facts import XeroFacts

ALWAYS_SHOWN = frozenset({"EmailAddress", "BankAccountDetails"})
LISTS = frozenset({"ContactPersons", *TRACKING_FIELDS})


def merged(sent: Fields, before: Fields, facts: XeroFacts, *, person: bool) -> dict[str, Json]:
    """`before` with what `sent` writes; read-only and unknown fields are ignored.

    A person's screens can also set what apps can only read, and turn a contact into a customer or supplier (by making
    it an invoice).
    """
    if facts.null_clears:
        sent = {name: _cleared(name) if value is None else value for name, value in sent.items()}
    if not facts.empty_clears and not person:
        sent = _without_empty(sent)
    after = dict(before)
    for name, value in sent.items():
        if name in TEXT_LENGTHS and isinstance(value, str):
            _put_text(after, name, value)
        elif name == "ContactStatus" and value is not None:
            after[name] = value
        elif name == "PaymentTerms" and isinstance(value, Mapping):
            after[name] = {**_object(before.get(name)), **{side: terms for side, terms in value.items() if terms}}
        elif person and name in READ_ONLY:
            after[name] = value
    after["Phones"] = _phones(parts(sent, "Phones"), before, facts)
    after["Addresses"] = _addresses(parts(sent, "Addresses"), before, facts)
    for name in LISTS & sent.keys():
        if isinstance(sent[name], Sequence):
            after[name] = [_listed(name, part) for part in parts(sent, name)]
    return after


def _cleared(name: str) -> Json:
    """What null stands for where it empties a field."""
    if name in TEXT_LENGTHS:
        return ""
    return [] if name in LISTS else None


def _without_empty(sent: Fields) -> Fields:
    """As if empty texts had been left out, of the element and of the parts of its lists."""
    lists = {name: [_without_empty(part) for part in parts(sent, name)] for name in ("Phones", "Addresses")}
    return {name: lists.get(name, value) for name, value in sent.items() if value != ""}


def _object(value: Json) -> Fields:
    return value if isinstance(value, Mapping) else {}


def parts(fields: Fields, name: str) -> Iterator[Fields]:
    """The objects in a list field; none when it is missing or no list."""
    value = fields.get(name)
    for part in value if isinstance(value, Sequence) else ():
        if isinstance(part, Mapping):
            yield part


def part_text(part: Fields, name: str) -> str:
    """A text of a phone, an address or a contact person; blank when it is not there."""
    value = part.get(name)
    return value if isinstance(value, str) else ""


def _put_text(fields: dict[str, Json], name: str, value: str) -> None:
    if value or name in ALWAYS_SHOWN:
        fields[name] = value
    else:
        fields.pop(name, None)


def _phones(sent: Iterator[Fields], before: Fields, facts: XeroFacts) -> list[Json]:
    phones = {part_text(part, "PhoneType"): part for part in parts(before, "Phones")}
    for each in sent:
        kind = part_text(each, "PhoneType")
        part = {**phones.get(kind, {}), **each} if facts.parts_merged else each
        phones[kind] = {"PhoneType": kind, **{name: part_text(part, name) for name in PHONE_LENGTHS}}
    return [phones[kind] for kind in PHONE_TYPES if kind in phones]


def _addresses(sent: Iterator[Fields], before: Fields, facts: XeroFacts) -> list[Json]:
    addresses = {part_text(part, "AddressType"): part for part in parts(before, "Addresses")}
    for each in sent:
        kind = part_text(each, "AddressType")
        part = {**addresses.get(kind, {}), **each} if facts.parts_merged else each
        texts = {name: part_text(part, name) for name in ADDRESS_LENGTHS}
        shown = {name: text for name, text in texts.items() if text or name in SHOWN_ADDRESS_PARTS}
        addresses[kind] = {"AddressType": kind, **shown}
    return [addresses[kind] for kind in ADDRESS_TYPES if kind in addresses]


def _listed(name: str, sent: Fields) -> Json:
    """An entry of a list that is replaced whole."""
    if name in TRACKING_FIELDS:
        return {part: part_text(sent, part) for part in TRACKING_LENGTHS}
    return _contact_person(sent)


def _contact_person(sent: Fields) -> Json:
    texts = {name: part_text(sent, name) for name in PERSON_TEXTS}
    return {
        **{name: text for name, text in texts.items() if text},
        "IncludeInEmails": sent.get("IncludeInEmails") is True,
    }
