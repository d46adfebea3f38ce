"""The routes of `/query` and `/queryAll`."""

import re
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Fields, Json
from app.simulator.salesforce.access import ApiCall, api_routes
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.soql.conditions import known_field
from app.simulator.salesforce.soql.parse import parse
from app.simulator.salesforce.soql.run import run
from app.simulator.salesforce.soql.tokens import malformed
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

DATA = "/services/data/v{version}"
BATCH_SIZE = re.compile(r"batchSize=(\d+)")
DEFAULT_BATCH = 2000


def query_routes(world: SalesforceWorld) -> list[Route]:
    """The routes of queries and of their further pages."""
    queries = _Queries(world)
    return api_routes(
        world,
        (
            ("GET", f"{DATA}/query", queries.living),
            ("GET", f"{DATA}/queryAll", queries.all),
            ("GET", f"{DATA}/query/{{locator}}", queries.next_page),
        ),
    )


class _Queries:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    def living(self, call: ApiCall) -> Response:
        return self._answer(call, with_deleted=False)

    def all(self, call: ApiCall) -> Response:
        return self._answer(call, with_deleted=True)

    def next_page(self, call: ApiCall) -> Response:
        return answer(self._world.locators.next_page(call.path["locator"], f"{call.root}/query"))

    def _answer(self, call: ApiCall, *, with_deleted: bool) -> Response:
        if "q" not in call.query:
            raise malformed("A query is missing.")
        query = parse(call.query["q"])
        kind = self._kind(query.object)
        names = _selected(kind, query.fields)
        hidden = frozenset[str]() if call.client.person else self._world.records.hidden
        rows = [row for row in self._world.records.all(kind) if with_deleted or not row.deleted]
        found = run(query, kind, [row.fields for row in rows if row.id not in hidden])
        if not names:
            return answer({"totalSize": len(found), "done": True, "records": []})
        shown = [_shown(row, names, kind, call.root) for row in found]
        return answer(self._world.locators.first_page(shown, _batch_size(call), f"{call.root}/query"))

    def _kind(self, name: str) -> ObjectType:
        kind = self._world.objects.get(name.lower())
        if kind is None:
            raise Refusal("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return kind


def _selected(kind: ObjectType, fields: Sequence[str]) -> list[str]:
    names = [known_field(kind, name).name for name in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Refusal("INVALID_FIELD", f"duplicate field selected: {twice}")
    return names


def _shown(row: Fields, names: Sequence[str], kind: ObjectType, root: str) -> Json:
    attributes: Json = {"type": kind.name, "url": f"{root}/sobjects/{kind.name}/{row['Id']}"}
    return {"attributes": attributes, **{name: row[name] for name in names}}


def _batch_size(call: ApiCall) -> int:
    match = BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    return int(match[1]) if match else DEFAULT_BATCH
