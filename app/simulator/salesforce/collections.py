"""Up to 200 records a call; each succeeds or fails by itself unless all or none are wanted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from starlette.responses import Response

from app.mapping.values import Fields, Json
from app.simulator.salesforce.access import ApiCall, Table
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.rows import asked_fields, shown
from app.simulator.salesforce.transaction import Record, Transaction
from app.simulator.salesforce.upsert import external_key, matches
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

MOST_RECORDS = 200
COLLECTION = "/services/data/v{version}/composite/sobjects"

Item = TypeVar("Item")
Step = Callable[[Transaction], Json]
"""The work on one record: writes it and says how it went. Raises Refusal."""


def collection_table(world: SalesforceWorld) -> Table:
    """The routes of `/composite/sobjects`."""
    work = _Collections(world)
    return (
        ("POST", COLLECTION, work.create),
        ("PATCH", COLLECTION, work.update),
        ("DELETE", COLLECTION, work.delete),
        ("GET", COLLECTION + "/{object}", work.read),
        ("POST", COLLECTION + "/{object}", work.read),
        ("PATCH", COLLECTION + "/{object}/{field}", work.upsert),
    )


class _Collections:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world
        self._records = world.records

    def create(self, call: ApiCall) -> Response:
        rows = _rows(call)
        return self._run(call, [self._creation(row) for row in rows], all_or_none=_all_or_none(call))

    def update(self, call: ApiCall) -> Response:
        rows = _rows(call)
        return self._run(call, [self._change(row) for row in rows], all_or_none=_all_or_none(call))

    def delete(self, call: ApiCall) -> Response:
        ids = _few([record_id for record_id in call.query.get("ids", "").split(",") if record_id])
        all_or_none = call.query.get("allOrNone") == "true"
        return self._run(call, [self._deletion(record_id) for record_id in ids], all_or_none=all_or_none)

    def upsert(self, call: ApiCall) -> Response:
        kind = self._records.kind(call.path["object"])
        key = external_key(kind, call.path["field"])
        rows = _rows(call)
        given = Counter(_key_text(row, key.name).casefold() for row in rows)
        steps = [self._upsertion(kind, row, key.name, given) for row in rows]
        return self._run(call, steps, all_or_none=_all_or_none(call))

    def read(self, call: ApiCall) -> Response:
        kind = self._records.kind(call.path["object"])
        asked = call.fields() if call.body else call.query
        ids, names = _words(asked.get("ids")), _words(asked.get("fields"))
        fields = asked_fields(kind, ",".join(names))
        found = [self._records.get(kind, record_id) for record_id in _few(ids)]
        living = [record if record and not record.deleted else None for record in found]
        return answer([shown(record, fields, call.root) if record else None for record in living])

    def _creation(self, row: Fields) -> Step:
        return lambda transaction: _success(transaction.create(_type(row), row))

    def _change(self, row: Fields) -> Step:
        sent = {name: value for name, value in row.items() if name.lower() != "id"}
        record_id = next((str(value) for name, value in row.items() if name.lower() == "id"), "")

        def change(transaction: Transaction) -> Json:
            kind = self._records.kind(_type(row))
            return _success(transaction.update(self._living(kind, record_id), sent))

        return change

    def _deletion(self, record_id: str) -> Step:
        def deletion(transaction: Transaction) -> Json:
            kinds = (kind for kind in self._world.objects.values() if record_id.startswith(kind.prefix))
            kind = next(kinds, None)
            if kind is None:
                raise Refusal("MALFORMED_ID", f"malformed id {record_id}")
            return _success(transaction.delete(self._living(kind, record_id)))

        return deletion

    def _upsertion(self, kind: ObjectType, row: Fields, key: str, given: Mapping[str, int]) -> Step:
        text = _key_text(row, key)

        def upsertion(transaction: Transaction) -> Json:
            if not text:
                raise Refusal("MISSING_ARGUMENT", f"{key} not specified")
            if given[text.casefold()] > 1:
                raise Refusal("DUPLICATE_VALUE", f"Duplicate external id specified: {text}", fields=[key])
            return _upserted(transaction, kind, row, matches(self._records, kind, external_key(kind, key), text))

        return upsertion

    def _living(self, kind: ObjectType, record_id: str) -> Record:
        return self._records.living(kind, record_id, absent="INVALID_CROSS_REFERENCE_KEY")

    def _run(self, call: ApiCall, steps: Sequence[Step], *, all_or_none: bool) -> Response:
        with self._records.transaction(call.writer) as transaction:
            attempts = [_attempt(step, transaction) for step in steps]
            if all_or_none and any(isinstance(attempt, Refusal) for attempt in attempts):
                transaction.roll_back()
                attempts = [attempt if isinstance(attempt, Refusal) else _rolled_back() for attempt in attempts]
        return answer([_failure(attempt) if isinstance(attempt, Refusal) else attempt for attempt in attempts])


def _attempt(step: Step, transaction: Transaction) -> "Json | Refusal":
    try:
        return step(transaction)
    except Refusal as refusal:
        return refusal


def _upserted(transaction: Transaction, kind: ObjectType, row: Fields, found: Sequence[Record]) -> Json:
    if len(found) > 1:
        raise Refusal("DUPLICATE_EXTERNAL_ID", "more than one record found for external id field")
    record = transaction.update(found[0], row) if found else transaction.create(kind.name, row)
    return _success(record, created=not found)


def _success(record: Record, **more: Json) -> Json:
    return {"id": record.id, "success": True, "errors": [], **more}


def _failure(refusal: Refusal) -> Json:
    return {"success": False, "errors": [refusal.as_item()]}


def _rolled_back() -> Refusal:
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    return Refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", message)


def _rows(call: ApiCall) -> list[Fields]:
    rows = call.fields().get("records")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise Refusal("JSON_PARSER_ERROR", "records is missing")
    return _few([row for row in rows if isinstance(row, Mapping)])


def _few(items: list[Item]) -> list[Item]:
    if len(items) > MOST_RECORDS:
        raise Refusal("LIMIT_EXCEEDED", f"A collection holds {MOST_RECORDS} records at most.")
    return items


def _words(value: Json) -> list[str]:
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return [str(word) for word in value] if isinstance(value, Sequence) else []


def _type(row: Fields) -> str:
    attributes = row.get("attributes")
    return str(attributes.get("type", "")) if isinstance(attributes, Mapping) else ""


def _key_text(row: Fields, key: str) -> str:
    value = next((value for name, value in row.items() if name.lower() == key.lower()), None)
    return value.strip() if isinstance(value, str) else ""


def _all_or_none(call: ApiCall) -> bool:
    return call.fields().get("allOrNone") is True
