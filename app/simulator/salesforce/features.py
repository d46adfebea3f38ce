"""Features that an administrator may have switched on: each gives objects further fields and rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.simulator.salesforce.objects import OBJECTS, Field, ObjectType, Type

Objects = Mapping[str, ObjectType]
"""Objects by lower-case name."""

_ADDRESSES = {"account": ("Billing", "Shipping"), "contact": ("Mailing",)}


def with_fields(objects: Objects, object: str, fields: Iterable[Field]) -> Objects:
    """`objects`, one of which has further fields, or others of the same name."""
    kind = objects[object.lower()]
    more = {field.name.lower(): field for field in fields}
    return {**objects, object.lower(): replace(kind, fields={**kind.fields, **more})}


def person_accounts(objects: Objects = OBJECTS) -> Objects:
    """Accounts may be persons: who has a `LastName` is one, and `Name` is made of the parts of it."""
    fields = (
        Field("IsPersonAccount", Type.BOOLEAN, writable=False),
        Field("FirstName", Type.STRING, 40),
        Field("LastName", Type.STRING, 80),
        Field("PersonEmail", Type.EMAIL, 80),
        Field("PersonMobilePhone", Type.PHONE, 40),
        Field("PersonContactId", Type.REFERENCE, 18, writable=False),
    )
    return with_fields(objects, "Account", fields)


def multiple_currencies(objects: Objects = OBJECTS, codes: tuple[str, ...] = ("NZD", "AUD", "USD")) -> Objects:
    """Every record has a currency, the first of `codes` unless it is said otherwise."""
    field = Field("CurrencyIsoCode", Type.PICKLIST, 3, choices=codes, restricted=True, refusal="INVALID_CURRENCY_ISO")
    for name in ("Account", "Contact"):
        objects = with_fields(objects, name, [field])
    return objects


COUNTRIES: Mapping[str, str] = {"New Zealand": "NZ", "Australia": "AU"}
STATES: Mapping[str, str] = {"Auckland": "AUK", "Otago": "OTA", "Victoria": "VIC"}


def state_and_country_picklists(
    objects: Objects = OBJECTS, countries: Mapping[str, str] = COUNTRIES, states: Mapping[str, str] = STATES
) -> Objects:
    """Addresses take only these countries and states, by name or by code."""
    for name, addresses in _ADDRESSES.items():
        for address in addresses:
            fields = (*_listed(f"{address}State", states), *_listed(f"{address}Country", countries))
            objects = with_fields(objects, name, fields)
    return objects


def _listed(name: str, codes: Mapping[str, str]) -> Iterator[Field]:
    refusal = "FIELD_INTEGRITY_EXCEPTION"
    names, short = tuple(codes), tuple(codes.values())
    yield Field(name, Type.PICKLIST, 80, choices=names, restricted=True, refusal=refusal, codes=codes)
    yield Field(f"{name}Code", Type.PICKLIST, 10, choices=short, restricted=True, refusal=refusal)


def restricted(objects: Objects, object: str, field: str, choices: tuple[str, ...]) -> Objects:
    """`objects`, with a picklist that takes nothing but `choices`."""
    return with_fields(objects, object, [Field(field, Type.PICKLIST, 255, choices=choices, restricted=True)])


def record_types(objects: Objects, object: str, names: tuple[str, ...]) -> Objects:
    """`objects`, one of which has record types; a record takes the id that stands for one of them."""
    kind = objects[object.lower()]
    typed = with_fields(objects, object, [Field("RecordTypeId", Type.REFERENCE, 18)])[object.lower()]
    return {**objects, object.lower(): replace(typed, record_types=names or kind.record_types)}
