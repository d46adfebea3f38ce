"""The routes of `/Contacts`."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Fields, Json
from app.simulator.xero.access import ApiCall, guarded
from app.simulator.xero.answers import not_found, refused, validation_exception
from app.simulator.xero.contacts.contact import Contact
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
        self._facts = world.facts

    def search(self, call: ApiCall) -> Response:
        try:
            contacts = chosen(call.books.contacts, call.query, call.headers.get("if-modified-since"))
        except BadCondition:
            return refused(17, "PreconditionFailed", "If-Modified-Since cannot be read.", 412)
        except BadWhere as error:
            return refused(16, "QueryParseException", f"The filter cannot be used: {error}")
        contacts = _visible(call, contacts)
        if not contacts and "if-modified-since" in call.headers and self._facts.not_modified_answer == "304":
            return Response(status_code=304)
        page = paging(call.query, len(contacts))
        hidden = left_out(call.query, page)
        shown: list[Json] = [contact.as_json(self._facts, hidden) for contact in on_page(contacts, page)]
        return self._world.envelope("Contacts", shown, page)

    def get(self, call: ApiCall) -> Response:
        wanted = call.path["contact_id"]
        known = call.books.contacts.get(wanted)
        found = [known] if known else call.books.contacts.holders("ContactNumber", wanted)
        return self._world.envelope("Contacts", [found[0].as_json(self._facts)]) if found else not_found()

    def put(self, call: ApiCall) -> Response:
        return self._write(call, create_only(call.books.contacts, call.app))

    def post(self, call: ApiCall) -> Response:
        return self._write(call, create_or_update(call.books.contacts, call.app))

    def post_one(self, call: ApiCall) -> Response:
        contact = call.books.contacts.get(call.path["contact_id"])
        if contact is None:
            return not_found()
        write = create_or_update(call.books.contacts, call.app)
        return self._write(call, lambda sent: write({**sent, "ContactID": contact.id}))

    def _write(self, call: ApiCall, write: Callable[[Fields], Saved | Failed]) -> Response:
        try:
            elements = read_elements(call.body)
        except NoElements:
            return refused(14, "PostDataInvalidException", "The body holds no contact in JSON.")
        outcomes = [write(element) for element in elements]
        each = call.query.get("summarizeErrors", "").lower() == "false" and "contact_id" not in call.path
        failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
        whole = self._facts.batch_refused_whole and any(outcome.taken for outcome in failed)
        if failed and (whole or not each):
            return validation_exception([outcome.as_json(self._facts, status=False) for outcome in failed])
        rows = [outcome.as_json(self._facts, status=each) for outcome in outcomes]
        return self._world.envelope("Contacts", rows[::-1] if self._facts.shuffled_results else rows)


def _visible(call: ApiCall, contacts: list[Contact]) -> list[Contact]:
    """Without those that apps do not see."""
    hidden = frozenset[str]() if call.app.person else call.books.contacts.hidden
    return [contact for contact in contacts if contact.id not in hidden]
