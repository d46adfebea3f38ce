"""The routes of `/query` and `/queryAll`."""

import re
from collections.abc import Sequence

from starlette.responses import Response

from app.mapping.values import Fields, Json
from app.simulator.salesforce.access import ApiCall, Table
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.soql.conditions import known_field
from app.simulator.salesforce.soql.parse import parse
from app.simulator.salesforce.soql.run import run
from app.simulator.salesforce.soql.tokens import malformed
from app.simulator.salesforce.soql.tree import Query
from app.simulator.salesforce.transaction import Record
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

DATA = "/services/data/v{version}"
BATCH_SIZE = re.compile(r"batchSize=(\d+)")
DEFAULT_BATCH = 2000


def query_table(world: SalesforceWorld) -> Table:
    """The routes of queries and of their further pages."""
    queries = _Queries(world)
    return (
        ("GET", f"{DATA}/query", queries.living),
        ("GET", f"{DATA}/queryAll", queries.all),
        ("GET", f"{DATA}/query/{{locator}}", queries.next_page),
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
        kind = self._kind(query.object).without(call.writer.hidden)
        names = _selected(kind, query.fields)
        hidden = frozenset[str]() if call.client.person else self._world.records.hidden
        rows = [row for row in self._world.records.all(kind) if with_deleted or not row.deleted]
        found = run(query, kind, [row.fields for row in self._ordered(rows, query) if row.id not in hidden])
        if not names:
            return answer({"totalSize": len(found), "done": True, "records": []})
        shown = [_shown(row, names, kind, call.root) for row in found]
        return answer(self._world.locators.first_page(shown, _batch_size(call), f"{call.root}/query"))

    def _ordered(self, rows: list[Record], query: Query) -> list[Record]:
        """The rows in the order in which they are found, which is no promise."""
        shuffled = not query.order and not self._world.facts.orders_results
        return sorted(rows, key=lambda row: row.id[::-1], reverse=True) if shuffled else rows

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
