"""Writes to Xero: the frozen request, and what became of each of its elements."""

from collections.abc import Mapping, Sequence

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.xero import errors, spelling
from app.connectors.xero.reading import observation, row_id
from app.connectors.xero.resources import Resource
from app.connectors.xero.tolerance import plainly
from app.engine.actions import Answer, Done, Element, Request, Verb
from app.errors import Doubtful
from app.mapping.values import Json

WRITE_SIZE = 50
_KEY_LENGTH = 128
_SAVED = {"OK", "WARNING"}

Row = Mapping[str, Json]


def request(resource: Resource, verb: Verb, elements: Sequence[Element], idempotency_key: str) -> Request:
    """The frozen request. Creates are PUT, which never touches a record that exists; POST would overwrite it."""
    if not 0 < len(elements) <= WRITE_SIZE or not 0 < len(idempotency_key) <= _KEY_LENGTH:
        raise ValueError(f"a call takes 1 to {WRITE_SIZE} elements and a key of at most {_KEY_LENGTH} characters")
    body = wire.dumps({resource.plural: [_sent(resource, verb, element) for element in elements]})
    method = "PUT" if verb is Verb.CREATE else "POST"
    return Request(method, f"{resource.path}?summarizeErrors=false", body, idempotency_key)


def outgoing(request: Request) -> Outgoing:
    """The request as it goes over the wire, body byte for byte."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": request.idempotency_key}
    return Outgoing(request.method, request.target, request.body, headers, writes=True)


def answers(resource: Resource, elements: Sequence[Element], reply: Reply) -> list[Answer]:
    """One answer for each element, in their order.

    An answer in the summarised shape (400) lists only what was refused, while the rest may well have been saved: if
    it does not list every element, nothing is certain of the others and the call is in doubt.
    """
    answer = wire.mapping(plainly(reply.json))
    rows = wire.items(answer.get(resource.plural if reply.ok else "Elements"))
    paired = _paired(resource, elements, rows)
    request_id = reply.headers.get("xero-correlation-id")
    if paired is None:
        raise Doubtful("the answer does not cover every element", answered=True, request_id=request_id)
    return [_answer(resource, row, request_id, summarised=not reply.ok) for row in paired]


def _sent(resource: Resource, verb: Verb, element: Element) -> dict[str, Json]:
    if verb is Verb.ARCHIVE:
        return {resource.id_field: _target(element), **resource.archiving}
    if verb is Verb.RESTORE:
        return {resource.id_field: _target(element), **resource.restoring}
    fields = {name: _writable(resource, name, element.fields[name]) for name in sorted(element.fields)}
    if verb is Verb.UPDATE:
        return {resource.id_field: _target(element), **fields}
    return {**({element.key_field: element.key} if element.key_field else {}), **fields}


def _writable(resource: Resource, name: str, value: Json) -> Json:
    """A list without the entries of types that Xero shows and nobody knows: it would refuse them, and keeps its own."""
    if name not in resource.entry_types:
        return value
    key, known = resource.entry_types[name]
    return [entry for entry in wire.items(value) if entry.get(key) in known]


def _target(element: Element) -> str:
    if not element.id:
        raise ValueError("every write but a create names its record")
    return element.id


def _paired(resource: Resource, elements: Sequence[Element], rows: Sequence[Row]) -> list[Row] | None:
    """The row of each element, or None if any lacks one or might have another's.

    Nobody promises that results come in the order of what was sent: a row is known by its id or natural key, else by
    showing what was sent. Only where one is left, or all that are left were refused, position says the rest.
    """
    left = list(rows)
    found: list[Row | None] = [None] * len(elements)
    for same in (_same, _shows_what_was_sent):
        for position, element in enumerate(elements):
            row = None if found[position] else next((row for row in left if same(resource, element, row)), None)
            found[position] = found[position] or row
            left = [other for other in left if other is not row]
    if len(left) != found.count(None) or not _interchangeable(resource, left):
        return None
    rest = iter(left)
    return [row if row is not None else next(rest) for row in found]


def _interchangeable(resource: Resource, left: Sequence[Row]) -> bool:
    """Whether it does no harm to mistake one of these rows for another."""
    return len(left) == 1 or all(_failed(resource, row) for row in left)


def _same(resource: Resource, element: Element, row: Row) -> bool:
    if element.id:
        return row_id(resource, row) == element.id.lower()
    sent = {**element.fields, **({element.key_field: element.key} if element.key_field else {})}
    names = [name for name in resource.name_fields if sent.get(name) and row.get(name)]
    return bool(names) and spelling.matches(row[names[0]], wire.text(sent[names[0]]))


def _shows_what_was_sent(resource: Resource, element: Element, row: Row) -> bool:
    """Whether a refused row, whose id says nothing, repeats all fields of the element."""
    fields = element.fields
    return _failed(resource, row) and bool(fields) and all(row.get(name) == value for name, value in fields.items())


def _answer(resource: Resource, row: Row, request_id: str | None, *, summarised: bool) -> Answer:
    if summarised or _failed(resource, row):
        return errors.declined(_messages(row, "ValidationErrors"))
    if not _saved(resource, row):
        status = wire.text(row.get("StatusAttributeString")) or "missing"
        raise Doubtful(f"an element's status is {status}", answered=True, request_id=request_id)
    seen = observation(resource, row) if row.get("UpdatedDateUTC") else None
    return Done(row_id(resource, row), seen, tuple(_messages(row, "Warnings")))


def _failed(resource: Resource, row: Row) -> bool:
    flagged = any(row.get(flag) is True for flag in resource.failed_flags)
    return bool(row.get("ValidationErrors")) or flagged or _status(row) == "ERROR"


def _saved(resource: Resource, row: Row) -> bool:
    """Whether Xero says so: by the row's status, or where that is left out by a flag that denies any error."""
    denied = any(row.get(flag) is False for flag in resource.failed_flags)
    return bool(row_id(resource, row)) and (_status(row) in _SAVED or (not _status(row) and denied))


def _status(row: Row) -> str:
    return wire.text(row.get("StatusAttributeString")).upper()


def _messages(value: Json, kind: str) -> list[str]:
    """The messages of `kind` in a row and in everything nested in it, each once."""
    match value:
        case Mapping():
            own = [wire.text(m.get("Message") or m.get("Description")) for m in wire.items(value.get(kind))]
            nested = [text for name, member in value.items() if name != kind for text in _messages(member, kind)]
            return list(dict.fromkeys([*filter(None, own), *nested]))
        case list():
            return list(dict.fromkeys(text for item in value for text in _messages(item, kind)))
    return []
