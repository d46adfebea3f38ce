"""Writes to Salesforce by collections: the frozen request, and what became of each of its elements."""

from collections.abc import Mapping, Sequence

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.salesforce import errors, spelling
from app.connectors.salesforce.reading import full_id
from app.connectors.salesforce.resources import Resource
from app.engine.actions import Answer, Done, Element, Request, Verb
from app.errors import Doubtful
from app.mapping.values import Json

WRITE_SIZE = 200
_PARTS_OF_A_NAME = frozenset({"FirstName", "MiddleName", "LastName", "Suffix", "Salutation"})
"""An account that has one is a person, whose `Name` Salesforce makes of them and refuses to take."""


def request(resource: Resource, verb: Verb, elements: Sequence[Element], idempotency_key: str, root: str) -> Request:
    """The frozen request. Salesforce keeps no idempotency keys: a create is an upsert on its external id instead,
    so that repeating it finds what it made.
    """
    if not 0 < len(elements) <= WRITE_SIZE:
        raise ValueError(f"a call takes 1 to {WRITE_SIZE} elements")
    if verb is Verb.RESTORE:
        raise ValueError("Salesforce brings nothing back over REST: a person undeletes it from the recycle bin")
    collections = f"{root}/composite/sobjects"
    if verb is Verb.ARCHIVE:
        ids = ",".join(_target(element) for element in elements)
        return Request("DELETE", f"{collections}?ids={ids}&allOrNone=false", "", idempotency_key)
    if verb is Verb.CREATE:
        key_field = _key_field(elements)
        collections = f"{collections}/{spelling.name(resource.name)}/{key_field}"
        records = [_record(resource, {key_field: element.key}, element) for element in elements]
    else:
        records = [_record(resource, {"Id": _target(element)}, element) for element in elements]
    return Request("PATCH", collections, wire.dumps({"allOrNone": False, "records": records}), idempotency_key)


def outgoing(request: Request) -> Outgoing:
    """The request as it goes over the wire, body byte for byte."""
    headers = {"Content-Type": "application/json"} if request.body else {}
    return Outgoing(request.method, request.target, request.body, headers, writes=True)


def answers(elements: Sequence[Element], reply: Reply) -> list[Answer]:
    """One answer for each element. Items come in the order of the request and hold nothing but ids and errors."""
    items = wire.items(reply.json)
    if len(items) != len(elements):
        raise Doubtful("the answer does not cover every element", answered=True)
    return [_answer(element, item) for element, item in zip(elements, items, strict=True)]


def _record(resource: Resource, identity: Mapping[str, Json], element: Element) -> dict[str, Json]:
    fields = {name: element.fields[name] for name in sorted(element.fields) if name not in identity}
    if resource.name == "Account" and _PARTS_OF_A_NAME & set(fields):
        fields.pop("Name", None)
    return {"attributes": {"type": resource.name}, **identity, **fields}


def _key_field(elements: Sequence[Element]) -> str:
    fields = {element.key_field for element in elements}
    field = fields.pop()
    if fields or not field or not all(element.key for element in elements):
        raise ValueError("creates of one call carry keys, all in the same external-id field")
    return spelling.name(field)


def _target(element: Element) -> str:
    if not element.id:
        raise ValueError("every write but a create names its record")
    return element.id


def _answer(element: Element, item: Mapping[str, Json]) -> Answer:
    if item.get("success") is True:
        return Done(full_id(wire.text(item.get("id")) or element.id or ""))
    first = next(iter(wire.items(item.get("errors"))), {})
    code = wire.text(first.get("statusCode") or first.get("errorCode"))
    return errors.declined(code, wire.text(first.get("message")), {**item, **first})
