"""Which records an external id means."""

from collections.abc import Sequence

from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.objects import Field, ObjectType
from app.simulator.salesforce.records import Records
from app.simulator.salesforce.transaction import Record


def external_key(kind: ObjectType, name: str) -> Field:
    """The external-id field of this name; `Id` counts as one. Raises Refusal."""
    field = kind.field(name)
    if field is None or not (field.external_id or field.name == "Id"):
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise Refusal("NOT_FOUND", message, status=404)
    return field


def matches(records: Records, kind: ObjectType, key: Field, value: str) -> Sequence[Record]:
    """The living records whose key is `value`."""
    if key.name != "Id":
        return records.holders(kind, key.name, value.strip())
    record = records.get(kind, value)
    return [record] if record and not record.deleted else []
