"""The routes of `/Contacts`."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Fields, Json
from app.simulator.xero.access import ApiCall, guarded
from app.simulator.xero.answers import envelope, not_found, refused, validation_exception
from app.simulator.xero.contacts.reading import BadCondition, chosen, left_out, on_page, paging
from app.simulator.xero.contacts.where import BadWhere
from app.simulator.xero.contacts.writing import Failed, NoElements, Saved, create_only, create_or_update, read_elements
from app.simulator.xero.world import XeroWorld

SCOPE = "accounting.contacts"
COLLECTION = "/api.xro/2.0/Contacts"
SINGLE = "/api.xro/2.0/Contacts/{contact_id}"


def contact_routes(world: XeroWorld) -> list[Route]:
    """The routes of the contacts of `world`."""
    work = _Contacts(world)
    by_method = {"GET": work.search, "PUT": work.put, "POST": work.post}
    single = {"GET": work.get, "POST": work.post_one}
    return [
        *(Route(COLLECTION, guarded(world, run, SCOPE), methods=[method]) for method, run in by_method.items()),
        *(Route(SINGLE, guarded(world, run, SCOPE), methods=[method]) for method, run in single.items()),
    ]


class _Contacts:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world
        self._book = world.contacts

    def search(self, call: ApiCall) -> Response:
        try:
            contacts = chosen(self._book, call.query, call.headers.get("if-modified-since"))
        except BadCondition:
            return refused(17, "PreconditionFailed", "If-Modified-Since cannot be read.", 412)
        except BadWhere as error:
            return refused(16, "QueryParseException", f"The filter cannot be used: {error}")
        hidden_ids = frozenset[str]() if call.app.person else self._book.hidden
        contacts = [contact for contact in contacts if contact.id not in hidden_ids]
        page = paging(call.query, len(contacts))
        hidden = left_out(call.query, page)
        shown: list[Json] = [contact.as_json(hidden) for contact in on_page(contacts, page)]
        return envelope(self._world.new_id(), self._world.clock.now(), "Contacts", shown, page)

    def get(self, call: ApiCall) -> Response:
        wanted = call.path["contact_id"]
        known = self._book.get(wanted)
        found = [known] if known else self._book.holders("ContactNumber", wanted)
        return self._rows([found[0].as_json()]) if found else not_found()

    def put(self, call: ApiCall) -> Response:
        return self._write(call, create_only(self._book, call.app))

    def post(self, call: ApiCall) -> Response:
        return self._write(call, create_or_update(self._book, call.app))

    def post_one(self, call: ApiCall) -> Response:
        contact = self._book.get(call.path["contact_id"])
        if contact is None:
            return not_found()
        write = create_or_update(self._book, call.app)
        return self._write(call, lambda sent: write({**sent, "ContactID": contact.id}))

    def _write(self, call: ApiCall, write: Callable[[Fields], Saved | Failed]) -> Response:
        try:
            elements = read_elements(call.body)
        except NoElements:
            return refused(14, "PostDataInvalidException", "The body holds no contact in JSON.")
        outcomes = [write(element) for element in elements]
        each = call.query.get("summarizeErrors", "").lower() == "false" and "contact_id" not in call.path
        failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        if failed and not each:
            return validation_exception([outcome.as_json(status=False) for outcome in failed])
        return self._rows([outcome.as_json(status=each) for outcome in outcomes])

    def _rows(self, rows: list[Json]) -> Response:
        return envelope(self._world.new_id(), self._world.clock.now(), "Contacts", rows)
