"""Which contacts a query asks for, in which order, and how much of each."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

from app.simulator.xero.answers import Paging
from app.simulator.xero.contacts.book import ContactBook
from app.simulator.xero.contacts.contact import LEFT_OUT_OF_LISTS, LEFT_OUT_OF_SUMMARIES, Contact
from app.simulator.xero.contacts.where import folded, parse_where
from app.simulator.xero.facts import XeroFacts

SEARCHED = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
PAGE_SIZE = 100
LARGEST_PAGE = 1000


class Stamped(Protocol):
    """What has a stamp."""

    @property
    def updated_at(self) -> datetime: ...


Row = TypeVar("Row", bound=Stamped)


class BadCondition(Exception):
    """The `If-Modified-Since` header cannot be read."""


def chosen(book: ContactBook, query: Mapping[str, str], since: str | None) -> list[Contact]:
    """All contacts that the query asks for, by UpdatedDateUTC, then ContactID. Raises BadCondition, BadWhere."""
    contacts: Iterable[Contact] = book
    if query.get("includeArchived", "").lower() != "true":
        contacts = [contact for contact in contacts if contact.active]
    contacts = modified_since(contacts, since, book.facts)
    if ids := query.get("IDs"):
        wanted = {contact_id.strip().lower() for contact_id in ids.split(",")}
        contacts = [contact for contact in contacts if contact.id in wanted]
    if where := query.get("where"):
        fits = parse_where(where)
        contacts = [contact for contact in contacts if fits(contact)]
    if term := folded(query.get("searchTerm", "")):
        contacts = [contact for contact in contacts if any(term in folded(contact.text(name)) for name in SEARCHED)]
    return list(contacts)


def modified_since(rows: Iterable[Row], since: str | None, facts: XeroFacts) -> list[Row]:
    """Those that changed since then, all without a time. Raises BadCondition."""
    if not since:
        return list(rows)
    begin = _read_instant(since)
    return [row for row in rows if _changed(row, begin, inclusive=facts.since_inclusive)]


def paging(query: Mapping[str, str], rows: int) -> Paging | None:
    """The page that is asked for; None when no paging is in force."""
    if not {"page", "pageSize"} & query.keys() and not summary(query):
        return None
    page = max(1, _whole(query.get("page"), 1))
    return Paging(page, min(LARGEST_PAGE, max(1, _whole(query.get("pageSize"), PAGE_SIZE))), rows)


def on_page(rows: list[Row], page: Paging | None) -> list[Row]:
    """The rows of one page."""
    return rows if page is None else rows[(page.page - 1) * page.size : page.page * page.size]


def left_out(query: Mapping[str, str], page: Paging | None) -> frozenset[str]:
    """The fields that the answer does not show."""
    if summary(query):
        return LEFT_OUT_OF_SUMMARIES
    return LEFT_OUT_OF_LISTS if page is None else frozenset()


def _changed(row: Stamped, since: datetime, *, inclusive: bool) -> bool:
    second = row.updated_at.replace(microsecond=0)
    return second >= since if inclusive else second > since


def summary(query: Mapping[str, str]) -> bool:
    """Whether the query asks for short rows."""
    return query.get("summaryOnly", "").lower() == "true"


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def _read_instant(text: str) -> datetime:
    """ISO with or without fraction and zone, or the HTTP form; without a zone it is UTC; to the second."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
        except ValueError:
            continue
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)
    raise BadCondition(text)
