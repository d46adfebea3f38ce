"""Which contacts a query asks for, in which order, and how much of each."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.simulator.xero.answers import Paging
from app.simulator.xero.contacts.book import ContactBook
from app.simulator.xero.contacts.contact import LEFT_OUT_OF_LISTS, LEFT_OUT_OF_SUMMARIES, Contact
from app.simulator.xero.contacts.where import folded, parse_where

SEARCHED = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
PAGE_SIZE = 100
LARGEST_PAGE = 1000


class BadCondition(Exception):
    """The `If-Modified-Since` header cannot be read."""


def chosen(book: ContactBook, query: Mapping[str, str], modified_since: str | None) -> list[Contact]:
    """All contacts that the query asks for, by UpdatedDateUTC, then ContactID. Raises BadCondition, BadWhere."""
    contacts: Iterable[Contact] = book
    if query.get("includeArchived", "").lower() != "true":
        contacts = [contact for contact in contacts if contact.active]
    if modified_since:
        since = _read_instant(modified_since)
        contacts = [contact for contact in contacts if _changed(contact, since, inclusive=book.facts.since_inclusive)]
    if ids := query.get("IDs"):
        wanted = {contact_id.strip().lower() for contact_id in ids.split(",")}
        contacts = [contact for contact in contacts if contact.id in wanted]
    if where := query.get("where"):
        fits = parse_where(where)
        contacts = [contact for contact in contacts if fits(contact)]
    if term := folded(query.get("searchTerm", "")):
        contacts = [contact for contact in contacts if any(term in folded(contact.text(name)) for name in SEARCHED)]
    return list(contacts)


def paging(query: Mapping[str, str], rows: int) -> Paging | None:
    """The page that is asked for; None when no paging is in force."""
    if not {"page", "pageSize"} & query.keys() and not _summary(query):
        return None
    page = max(1, _whole(query.get("page"), 1))
    return Paging(page, min(LARGEST_PAGE, max(1, _whole(query.get("pageSize"), PAGE_SIZE))), rows)


def on_page(contacts: list[Contact], page: Paging | None) -> list[Contact]:
    """The contacts of one page."""
    return contacts if page is None else contacts[(page.page - 1) * page.size : page.page * page.size]


def left_out(query: Mapping[str, str], page: Paging | None) -> frozenset[str]:
    """The fields that the answer does not show."""
    if _summary(query):
        return LEFT_OUT_OF_SUMMARIES
    return LEFT_OUT_OF_LISTS if page is None else frozenset()


def _changed(contact: Contact, since: datetime, *, inclusive: bool) -> bool:
    second = contact.updated_at.replace(microsecond=0)
    return second >= since if inclusive else second > since


def _summary(query: Mapping[str, str]) -> bool:
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
