"""What Salesforce makes of other fields by itself: a person's name, a record's currency, codes of states."""

from app.mapping.values import Fields, Json
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.objects import Field, ObjectType


def completed(kind: ObjectType, held: Fields, values: Fields) -> dict[str, Json]:
    """`values`, with what follows from them; `held` is what the record held before. Raises Refusal."""
    after = {**held, **values}
    return {**values, **_person(kind, after, values), **_currency(kind, after), **_codes(kind, values)}


def _person(kind: ObjectType, after: Fields, values: Fields) -> Fields:
    if kind.field("IsPersonAccount") is None or not after.get("LastName"):
        return {}
    if "Name" in values:
        message = "Unable to create/update fields: Name. Please check the security settings of this field."
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=["Name"])
    parts = (after.get("FirstName"), after["LastName"])
    return {"IsPersonAccount": True, "Name": " ".join(str(part) for part in parts if part)}


def _currency(kind: ObjectType, after: Fields) -> Fields:
    field = kind.field("CurrencyIsoCode")
    return {} if field is None or after.get(field.name) else {field.name: field.choices[0]}


def _codes(kind: ObjectType, values: Fields) -> Fields:
    """A state or country and its code always go together, whichever of the two is written."""
    found: dict[str, Json] = {}
    for field in kind.fields.values():
        code = f"{field.name}Code"
        if field.codes and code in values:
            found[field.name] = _named(field, values[code])
        elif field.codes and field.name in values:
            found[code] = field.codes.get(str(values[field.name]))
    return found


def _named(field: Field, code: Json) -> Json:
    return next((name for name, its_code in field.codes.items() if its_code == code), None)
