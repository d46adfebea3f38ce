"""What Salesforce makes of the fields that are sent to it, and what it refuses."""

import re
from decimal import Decimal

from app.mapping.values import Fields, Json
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.ids import checked
from app.simulator.salesforce.objects import Field, ObjectType, Type

EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


def accepted(kind: ObjectType, sent: Fields, *, trims: bool = True) -> dict[str, Json]:
    """The values to store, by the fields' own names: with `trims` strings trimmed, blank ones null. Raises Refusal."""
    if not kind.writable:
        raise Refusal("INVALID_TYPE_FOR_OPERATION", f"entity type cannot be written: {kind.name}")
    names = [name for name in sent if name != "attributes"]
    fields = {name: _writable(kind, name) for name in names}
    return {field.name: _value(field, sent[name], trims=trims) for name, field in fields.items()}


def check_required(kind: ObjectType, fields: Fields) -> None:
    """Raise Refusal when a required field is null."""
    missing = [name for name in kind.required if fields.get(name) is None]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise Refusal("REQUIRED_FIELD_MISSING", message, fields=missing)


def _writable(kind: ObjectType, name: str) -> Field:
    field = kind.field(name)
    if field is None:
        raise Refusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
    if not field.writable:
        message = f"Unable to create/update fields: {field.name}. Please check the security settings of this field."
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=[field.name])
    return field


def _value(field: Field, sent: Json, *, trims: bool) -> Json:
    if field.type is Type.BOOLEAN:
        return _boolean(field, sent)
    if sent is None:
        return None
    if field.is_number:
        return _amount(field, sent)
    if not isinstance(sent, str):
        raise Refusal("JSON_PARSER_ERROR", f"Cannot deserialize instance of string from {sent} for {field.name}")
    text = sent.strip() if trims else sent
    return _text(field, text) if text else None if trims else ""


def _amount(field: Field, sent: Json) -> Json:
    if isinstance(sent, bool) or not isinstance(sent, (int, Decimal)):
        raise Refusal("JSON_PARSER_ERROR", f"Cannot deserialize instance of double from {sent} for {field.name}")
    if abs(sent) >= 10**field.digits:
        message = f"{field.name}: value outside of valid range on numeric field: {sent}"
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", message, fields=[field.name])
    return int(sent) if field.type is Type.INT else round(Decimal(sent), field.scale)


def _boolean(field: Field, sent: Json) -> bool:
    if not isinstance(sent, bool):
        message = f"{field.name}: value not of required type: {sent}"
        raise Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", message, fields=[field.name])
    return sent


def _text(field: Field, text: str) -> str:
    if field.is_id:
        return _reference(field, text)
    if len(text) > field.length:
        message = f"{field.name}: data value too large: {text} (max length={field.length})"
        raise Refusal("STRING_TOO_LONG", message, fields=[field.name])
    if field.restricted and text not in field.choices:
        raise Refusal(field.refusal, _not_offered(field, text), fields=[field.name])
    if field.type is Type.EMAIL and not EMAIL.fullmatch(text):
        message = f"{field.name}: invalid email address: {text}"
        raise Refusal("INVALID_EMAIL_ADDRESS", message, fields=[field.name])
    return text


def _not_offered(field: Field, text: str) -> str:
    if field.refusal != "FIELD_INTEGRITY_EXCEPTION":
        return f"{field.name}: bad value for restricted picklist field: {text}"
    what = "country" if "Country" in field.name else "state"
    return f"There's a problem with this {what}, even though it may appear correct. Choose a valid {what}."


def _reference(field: Field, text: str) -> str:
    record_id = checked(text)
    if record_id is None:
        raise Refusal("MALFORMED_ID", f"{field.name}: id value of incorrect type: {text}", fields=[field.name])
    return record_id
