"""PUT and POST of contacts: every element is saved or refused by itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5

from app.mapping.values import Fields, Json
from app.simulator.wire import read_json
from app.simulator.xero.answers import ZERO_ID
from app.simulator.xero.contacts.book import ContactBook, Invalid
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.contacts.merging import part_text
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.identity import XeroApp


class NoElements(Exception):
    """The body is not JSON or holds no element."""


class Saved(NamedTuple):
    """An element that was written."""

    contact: Contact

    def as_json(self, facts: XeroFacts, *, status: bool) -> Json:
        shown = self.contact.as_json(facts)
        if facts.write_answers == "ids":
            shown = {"ContactID": self.contact.id, "HasValidationErrors": False}
        return {**shown, **({"StatusAttributeString": "OK"} if status and facts.statuses_sent else {})}


class Failed(NamedTuple):
    """An element that was not written, and why."""

    sent: Fields
    messages: tuple[str, ...]

    @property
    def taken(self) -> bool:
        """Whether another contact has the name or the number."""
        return any("already" in message for message in self.messages)

    def as_json(self, facts: XeroFacts, *, status: bool) -> Json:
        plausible = part_text(self.sent, "ContactID") or str(uuid5(NAMESPACE_OID, repr(self.sent)))
        return {
            **self.sent,
            "ContactID": plausible if facts.failed_rows_show_an_id else ZERO_ID,
            "HasValidationErrors": True,
            "ValidationErrors": [{"Message": message} for message in self.messages],
            **({"StatusAttributeString": "ERROR"} if status and facts.statuses_sent else {}),
        }


def read_elements(body: bytes) -> list[Fields]:
    """The elements of a body: one object, or a list under `Contacts`. Raises NoElements."""
    try:
        content = read_json(body)
    except ValueError as error:
        raise NoElements from error
    rows = content.get("Contacts", [content]) if isinstance(content, Mapping) else content
    elements = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, Sequence) else []
    if not elements:
        raise NoElements
    return elements


def create_only(book: ContactBook, app: XeroApp) -> Callable[[Fields], Saved | Failed]:
    """What PUT does to an element: a known name, number or id is a mistake."""

    def write(sent: Fields) -> Contact:
        if book.get(part_text(sent, "ContactID")):
            raise Invalid("A contact with this ContactID already exists.")
        return book.create(sent, writer=app.name, person=app.person)

    return lambda sent: _outcome(sent, write)


def create_or_update(book: ContactBook, app: XeroApp) -> Callable[[Fields], Saved | Failed]:
    """What POST does to an element: found by id, else by number, else by name, it overwrites."""

    def write(sent: Fields) -> Contact:
        known = _known(book, sent)
        if known is None:
            return book.create(sent, writer=app.name, person=app.person)
        return book.update(known, sent, writer=app.name, person=app.person)

    return lambda sent: _outcome(sent, write)


def _known(book: ContactBook, sent: Fields) -> Contact | None:
    contact_id = part_text(sent, "ContactID")
    if not contact_id:
        by_number = book.holders("ContactNumber", part_text(sent, "ContactNumber"))
        by_name = [contact for contact in book.holders("Name", part_text(sent, "Name")) if contact.active]
        return next(iter([*by_number, *by_name]), None)
    known = book.get(contact_id)
    if known is None:
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    return known


def _outcome(sent: Fields, write: Callable[[Fields], Contact]) -> Saved | Failed:
    try:
        return Saved(write(sent))
    except Invalid as error:
        return Failed(sent, error.messages)
