"""Composite requests: up to 25 requests in one call, each with an answer of its own, one after the other."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import compile_path

from app.mapping.values import Fields, Json
from app.simulator.salesforce.access import ApiCall, Table
from app.simulator.salesforce.answers import Refusal, not_found
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer, read_json, write_json

MOST_STEPS = 25
MOST_QUERIES = 5
COMPOSITE = "/services/data/v{version}/composite"
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")


class _Step(NamedTuple):
    name: str
    method: str
    url: str
    body: Json
    headers: Mapping[str, str]


def composite_table(world: SalesforceWorld, table: Table) -> Table:
    """The route of composite requests, which may hold the requests of `table`."""
    return [("POST", COMPOSITE, _Composite(world, table).run)]


class _Composite:
    def __init__(self, world: SalesforceWorld, table: Table) -> None:
        self._world = world
        self._table = [(method, compile_path(path)[0], work) for method, path, work in table]

    def run(self, call: ApiCall) -> Response:
        if not self._world.facts.shows_writes:
            raise Refusal("FUNCTIONALITY_NOT_ENABLED", "Composite requests are not enabled.", status=403)
        if call.fields().get("allOrNone") is True:
            raise Refusal("FUNCTIONALITY_NOT_ENABLED", "The simulator has no allOrNone over a composite request.")
        steps = _steps(call)
        bodies: dict[str, Json] = {}
        answers: list[Json] = []
        for step in steps:
            response = self._answered(call, step, bodies)
            bodies[step.name] = read_json(bytes(response.body)) if response.body else None
            answers.append(_told(step, response, bodies[step.name]))
        return answer({"compositeResponse": answers})

    def _answered(self, call: ApiCall, step: _Step, bodies: Mapping[str, Json]) -> Response:
        try:
            resolved = step._replace(url=str(_resolved(step.url, bodies)), body=_resolved(step.body, bodies))
            return self._work(call, resolved)
        except Refusal as refusal:
            return refusal.as_answer()

    def _work(self, call: ApiCall, step: _Step) -> Response:
        url = urlsplit(step.url)
        for method, pattern, work in self._table:
            match = pattern.fullmatch(url.path) or pattern.fullmatch(url.path.rstrip("/"))
            if match and method == step.method:
                return work(
                    replace(
                        call,
                        path=match.groupdict(),
                        query=dict(parse_qsl(url.query, keep_blank_values=True)),
                        headers=Headers({**call.headers, **step.headers}),
                        body=b"" if step.body is None else write_json(step.body),
                    )
                )
        raise not_found()


def _steps(call: ApiCall) -> list[_Step]:
    told = call.fields().get("compositeRequest")
    steps = [_step(each) for each in told if isinstance(each, Mapping)] if isinstance(told, Sequence) else []
    names = [step.name for step in steps]
    if not steps or len(steps) > MOST_STEPS or len(set(names)) < len(names) or not all(names):
        raise Refusal("INVALID_INPUT", f"1 to {MOST_STEPS} requests with different reference ids are wanted.")
    if sum("/query" in step.url or "/composite/sobjects" in step.url for step in steps) > MOST_QUERIES:
        raise Refusal("LIMIT_EXCEEDED", f"At most {MOST_QUERIES} requests may be queries or collections.")
    return steps


def _step(told: Fields) -> _Step:
    headers = told.get("httpHeaders")
    named = {str(name): str(value) for name, value in headers.items()} if isinstance(headers, Mapping) else {}
    return _Step(
        str(told.get("referenceId") or ""), str(told.get("method")), str(told.get("url")), told.get("body"), named
    )


def _told(step: _Step, response: Response, body: Json) -> Json:
    return {
        "body": body,
        "httpHeaders": {},
        "httpStatusCode": response.status_code,
        "referenceId": step.name,
    }


def _resolved(value: Json, bodies: Mapping[str, Json]) -> Json:
    """`value` with every `@{name.path}` replaced by what that earlier answer holds. Raises Refusal."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_referred(match, bodies)), value)
    if isinstance(value, Mapping):
        return {name: _resolved(member, bodies) for name, member in value.items()}
    return [_resolved(item, bodies) for item in value] if isinstance(value, list) else value


def _referred(match: "re.Match[str]", bodies: Mapping[str, Json]) -> Json:
    found: Json = bodies.get(match[1])
    for part in _path(match[2]):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            found = None
    if found is None:
        raise Refusal("PROCESSING_HALTED", f"Invalid reference specified. No value for {match[0]} found.")
    return found


def _path(text: str) -> Iterable[str]:
    return re.findall(r"[A-Za-z0-9_]+", text)
