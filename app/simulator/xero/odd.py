"""Xero's JSON as it has been seen now and then: ids in another case, truth and numbers as texts, unknown keys."""

from collections.abc import Mapping
from decimal import Decimal

from app.mapping.values import Json

_OTHER_CASE = {"ContactID": "ContactId", "MergedToContactID": "MergedToContactId"}
_UNKNOWN_PHONE: Json = {"PhoneType": "SATELLITE", "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}


def oddly(value: Json) -> Json:
    """The same value, spelled oddly."""
    match value:
        case Mapping():
            row = {_OTHER_CASE.get(name, name): oddly(member) for name, member in value.items()}
            if isinstance(phones := row.get("Phones"), list):
                row |= {"Phones": [*phones, _UNKNOWN_PHONE], "NewIn2027": {"Key": [1, None]}}
            return row
        case list():
            return [oddly(member) for member in value]
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
    return value
