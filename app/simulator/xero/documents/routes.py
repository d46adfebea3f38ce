"""The routes of documents: they can be read."""

import re
from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Json
from app.simulator.xero.access import ApiCall, guarded
from app.simulator.xero.answers import not_found, refused
from app.simulator.xero.contacts.reading import BadCondition, modified_since, on_page, paging, summary
from app.simulator.xero.documents.document import INVOICE, KINDS, LEFT_OUT_OF_SUMMARIES, Document, Kind
from app.simulator.xero.world import XeroWorld

_BY_ID = re.compile(r'(?P<field>\w+)==guid\("(?P<id>[0-9a-fA-F-]{36})"\)')


def document_routes(world: XeroWorld) -> list[Route]:
    """The routes of every kind of document."""
    return [route for kind in KINDS for route in _routes(world, kind)]


def _routes(world: XeroWorld, kind: Kind) -> list[Route]:
    def search(call: ApiCall) -> Response:
        return _search(world, kind, call)

    def get(call: ApiCall) -> Response:
        document = call.books.documents.get(call.path["document_id"])
        found = document is not None and document.kind is kind
        return world.envelope(kind.plural, [document.as_json()]) if document and found else not_found()

    path = f"/api.xro/2.0/{kind.plural}"
    return [
        Route(path, guarded(world, search, kind.scope), methods=["GET"]),
        Route(f"{path}/{{document_id}}", guarded(world, get, kind.scope), methods=["GET"]),
    ]


def _search(world: XeroWorld, kind: Kind, call: ApiCall) -> Response:
    try:
        asked_for = _asked_for(kind, call)
        documents = [each for each in call.books.documents if each.kind is kind and asked_for(each)]
        documents = modified_since(documents, call.headers.get("if-modified-since"), world.facts)
    except BadCondition:
        return refused(17, "PreconditionFailed", "If-Modified-Since cannot be read.", 412)
    except ValueError as error:
        return refused(16, "QueryParseException", f"The filter cannot be used: {error}")
    if not documents and "if-modified-since" in call.headers and world.facts.not_modified_answer == "304":
        return Response(status_code=304)
    page = paging(call.query, len(documents))
    left_out = LEFT_OUT_OF_SUMMARIES if summary(call.query) or page is None else frozenset[str]()
    shown: list[Json] = [document.as_json(left_out) for document in on_page(documents, page)]
    return world.envelope(kind.plural, shown, page)


def _asked_for(kind: Kind, call: ApiCall) -> Callable[[Document], bool]:
    """The filter by ids, in either form; only invoices know a list of ids. Raises ValueError."""
    wanted = {each.strip().lower() for each in call.query.get("IDs", "").split(",")} if kind is INVOICE else {""}
    if where := call.query.get("where"):
        clauses = [_BY_ID.fullmatch(clause.strip()) for clause in where.split(" OR ")]
        if any(clause is None or clause["field"] != kind.id_field for clause in clauses):
            raise ValueError(where)
        wanted = {clause["id"].lower() for clause in clauses if clause}
    return lambda document: wanted == {""} or document.id in wanted
