"""One call that writes and shows what the records then hold, so that our own writes need no look when they come back.

The write goes as it would alone; queries follow it in the same composite request. What they show counts only where the
last writer is our own user: everybody else's edits are looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.salesforce import reading
from app.connectors.salesforce.resources import Resource
from app.engine.actions import Answer, Done, Element, Request, Verb
from app.engine.records import Observation
from app.mapping.values import Json

_QUERIES = 4
"""A composite request takes five queries and collections together."""
_REFERENCE = "@{"
"""Within a composite request this would mean an earlier answer, wherever it stands."""


def wrapped(
    write: Request, resource: Resource, verb: Verb, elements: Sequence[Element], shown: frozenset[str], root: str
) -> Request:
    """`write` with queries after it that show the fields `shown`; as it is where that cannot be."""
    if not shown or verb not in {Verb.CREATE, Verb.UPDATE} or _REFERENCE in write.body:
        return write
    queries = list(islice(_queries(resource, verb, elements, shown, root), _QUERIES))
    steps: list[Json] = [_step("write", write.method, write.target, wire.loads(write.body))]
    steps += [_step(f"shown{number}", query.method, query.target) for number, query in enumerate(queries)]
    body = wire.dumps({"allOrNone": False, "compositeRequest": steps})
    return replace(write, method="POST", target=f"{root}/composite", body=body)


def unwrapped(request: Request) -> Request:
    """The write alone, as it would go without the queries."""
    first = next(iter(wire.items(wire.mapping(wire.loads(request.body)).get("compositeRequest"))))
    method, target = wire.text(first.get("method")), wire.text(first.get("url"))
    return replace(request, method=method, target=target, body=wire.dumps(first.get("body")))


def is_wrapped(request: Request) -> bool:
    """Whether queries follow the write."""
    return request.target.endswith("/composite")


def parts(reply: Reply) -> tuple[Reply | None, list[Mapping[str, Json]]]:
    """The write's own reply, if there is one, and the rows that the queries showed."""
    replies = {wire.text(each.get("referenceId")): _reply(each) for each in _answers(reply)}
    write = replies.pop("write", None)
    rows = [row for each in replies.values() if each.ok for row in _rows(each)]
    return write, rows


def with_seen(
    answers: Iterable[Answer], resource: Resource, rows: Iterable[Mapping[str, Json]], user: str | None
) -> list[Answer]:
    """The answers, each with what the record holds now, where `user` was the last to write it."""
    seen = dict(_seen(resource, rows, user)) if user else {}
    return [replace(each, seen=seen.get(each.id)) if isinstance(each, Done) else each for each in answers]


def _queries(
    resource: Resource, verb: Verb, elements: Sequence[Element], shown: frozenset[str], root: str
) -> Iterable[Outgoing]:
    if verb is Verb.CREATE:
        field, keys = elements[0].key_field or "", [element.key or "" for element in elements]
    else:
        field, keys = "Id", [element.id or "" for element in elements]
    return reading.by_keys(resource, field, keys, shown, root)


def _step(name: str, method: str, target: str, body: Json = None) -> Json:
    sent: Mapping[str, Json] = {} if body is None else {"body": body}
    return {"referenceId": name, "method": method, "url": target, **sent}


def _answers(reply: Reply) -> list[Mapping[str, Json]]:
    return wire.items(wire.mapping(reply.json).get("compositeResponse"))


def _reply(answer: Mapping[str, Json]) -> Reply:
    status = answer.get("httpStatusCode")
    return Reply(status if isinstance(status, int) else 500, {}, wire.dumps(answer.get("body")).encode())


def _rows(reply: Reply) -> list[Mapping[str, Json]]:
    return wire.items(wire.mapping(reply.json).get("records"))


def _seen(resource: Resource, rows: Iterable[Mapping[str, Json]], user: str) -> Iterable[tuple[str, Observation]]:
    for row in rows:
        seen = reading.observation(resource, row, frozenset(row) - {"attributes"})
        if seen.by == user:
            yield seen.ref.id, seen
