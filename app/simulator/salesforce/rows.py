"""Single records: create, read, update, delete, and upsert by an external id."""

from collections.abc import Iterable

from starlette.responses import Response

from app.mapping.values import Json
from app.simulator.salesforce.access import ApiCall, Table
from app.simulator.salesforce.answers import Refusal, not_found
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.soql.conditions import known_field
from app.simulator.salesforce.transaction import Record
from app.simulator.salesforce.upsert import external_key, matches
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

OBJECT = "/services/data/v{version}/sobjects/{object}"
RECORD = OBJECT + "/{record_id}"
EXTERNAL = OBJECT + "/{field}/{value:path}"


def row_table(world: SalesforceWorld) -> Table:
    """The routes of single records; other routes below an object must come before them."""
    rows = _Rows(world)
    return (
        ("POST", f"{OBJECT}", rows.create),
        ("GET", RECORD, rows.read),
        ("PATCH", RECORD, rows.update),
        ("DELETE", RECORD, rows.delete),
        ("GET", EXTERNAL, rows.read_by_key),
        ("PATCH", EXTERNAL, rows.upsert),
    )


def shown(record: Record, names: Iterable[str], root: str) -> dict[str, Json]:
    """The record as REST shows it; nulls are there."""
    url = f"{root}/sobjects/{record.kind.name}/{record.id}"
    attributes: dict[str, Json] = {"type": record.kind.name, "url": url}
    return {"attributes": attributes, **{name: record.fields[name] for name in names}}


def asked_fields(kind: ObjectType, asked: str) -> list[str]:
    """The fields that a comma list names, all of them when it is blank. Raises Refusal."""
    if not asked:
        return [field.name for field in kind.fields.values()]
    return [known_field(kind, name.strip()).name for name in asked.split(",")]


class _Rows:
    def __init__(self, world: SalesforceWorld) -> None:
        self._records = world.records

    def create(self, call: ApiCall) -> Response:
        with self._records.transaction(call.writer) as transaction:
            record = transaction.create(self._kind(call).name, call.fields())
        return answer({"id": record.id, "success": True, "errors": []}, 201)

    def read(self, call: ApiCall) -> Response:
        kind = self._kind(call)
        record = self._living(call, kind)
        return answer(shown(record, asked_fields(kind, call.query.get("fields", "")), call.root))

    def update(self, call: ApiCall) -> Response:
        record = self._living(call, self._kind(call))
        with self._records.transaction(call.writer) as transaction:
            transaction.update(record, call.fields())
        return Response(status_code=204)

    def delete(self, call: ApiCall) -> Response:
        record = self._living(call, self._kind(call))
        with self._records.transaction(call.writer) as transaction:
            transaction.delete(record)
        return Response(status_code=204)

    def read_by_key(self, call: ApiCall) -> Response:
        kind = self._kind(call)
        found = matches(self._records, kind, external_key(kind, call.path["field"]), call.path["value"])
        if len(found) > 1:
            return _several(found, call.root)
        if not found:
            raise not_found()
        return answer(shown(found[0], asked_fields(kind, call.query.get("fields", "")), call.root))

    def upsert(self, call: ApiCall) -> Response:
        kind, value, sent = self._kind(call), call.path["value"], call.fields()
        key = external_key(kind, call.path["field"])
        if {name.lower() for name in sent} & {"id", key.name.lower()}:
            message = f"The {key.name} field should not be specified in the sobject data."
            raise Refusal("INVALID_FIELD", message, fields=[key.name])
        found = matches(self._records, kind, key, value)
        if len(found) > 1:
            return _several(found, call.root)
        if not found and (key.name == "Id" or call.query.get("updateOnly") == "true"):
            raise not_found()
        with self._records.transaction(call.writer) as transaction:
            if found:
                record = transaction.update(found[0], sent)
            else:
                record = transaction.create(kind.name, {**sent, key.name: value})
        result: Json = {"id": record.id, "success": True, "errors": [], "created": not found}
        return answer(result, 200 if found else 201)

    def _living(self, call: ApiCall, kind: ObjectType) -> Record:
        """The record, if it is there for the caller."""
        record = self._records.living(kind, call.path["record_id"])
        if record.id in self._records.hidden and not call.client.person:
            raise not_found()
        return record

    def _kind(self, call: ApiCall) -> ObjectType:
        return self._records.kind(call.path["object"]).without(call.writer.hidden)


def _several(found: Iterable[Record], root: str) -> Response:
    return answer([f"{root}/sobjects/{record.kind.name}/{record.id}" for record in found], 300)
