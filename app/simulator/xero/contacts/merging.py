"""What a contact becomes when an element is written onto it: what is left out stays as it was."""

from collections.abc import Iterator, Mapping, Sequence

from app.mapping.values import Fields, Json
from app.simulator.xero.contacts.contact import (
    ADDRESS_LENGTHS,
    ADDRESS_TYPES,
    PERSON_TEXTS,
    PHONE_LENGTHS,
    PHONE_TYPES,
    SHOWN_ADDRESS_PARTS,
    TEXT_LENGTHS,
)

ALWAYS_SHOWN = frozenset({"EmailAddress", "BankAccountDetails"})
DERIVED = frozenset({"IsCustomer", "IsSupplier"})


def merged(sent: Fields, before: Fields, *, person: bool) -> dict[str, Json]:
    """`before` with what `sent` writes; read-only and unknown fields are ignored, null counts as left out.

    A person's screens can also turn a contact into a customer or supplier (by making it an invoice).
    """
    after = dict(before)
    for name, value in sent.items():
        if name in TEXT_LENGTHS and isinstance(value, str):
            _put_text(after, name, value)
        elif name in {"ContactStatus", "PaymentTerms"} and value is not None:
            after[name] = value
        elif person and name in DERIVED:
            after[name] = value is True
    after["Phones"] = _phones(parts(sent, "Phones"), before)
    after["Addresses"] = _addresses(parts(sent, "Addresses"), before)
    if isinstance(sent.get("ContactPersons"), Sequence):
        after["ContactPersons"] = [_contact_person(part) for part in parts(sent, "ContactPersons")]
    return after


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


def _phones(sent: Iterator[Fields], before: Fields) -> list[Json]:
    phones = {part_text(part, "PhoneType"): part for part in parts(before, "Phones")}
    for part in sent:
        kind = part_text(part, "PhoneType")
        phones[kind] = {"PhoneType": kind, **{name: part_text(part, name) for name in PHONE_LENGTHS}}
    return [phones[kind] for kind in PHONE_TYPES if kind in phones]


def _addresses(sent: Iterator[Fields], before: Fields) -> list[Json]:
    addresses = {part_text(part, "AddressType"): part for part in parts(before, "Addresses")}
    for part in sent:
        kind = part_text(part, "AddressType")
        texts = {name: part_text(part, name) for name in ADDRESS_LENGTHS}
        shown = {name: text for name, text in texts.items() if text or name in SHOWN_ADDRESS_PARTS}
        addresses[kind] = {"AddressType": kind, **shown}
    return [addresses[kind] for kind in ADDRESS_TYPES if kind in addresses]


def _contact_person(sent: Fields) -> Json:
    texts = {name: part_text(sent, name) for name in PERSON_TEXTS}
    return {
        **{name: text for name, text in texts.items() if text},
        "IncludeInEmails": sent.get("IncludeInEmails") is True,
    }
