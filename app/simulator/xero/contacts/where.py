"""The `where` filter: equalities joined by AND, alternatives joined by OR."""

import re
import unicodedata
from collections.abc import Callable

from app.simulator.xero.contacts.contact import Contact

FIELDS = frozenset({"ContactID", "Name", "EmailAddress", "AccountNumber", "ContactNumber", "ContactStatus"})
TERM = re.compile(r'\s*(\w+)\s*==?\s*(?:guid\(\s*"([^"]*)"\s*\)|"((?:[^"\\]|\\.)*)")\s*', re.IGNORECASE | re.DOTALL)
JOIN = re.compile(r"(&&|\|\||AND\b|OR\b)", re.IGNORECASE)

Fits = Callable[[Contact], bool]


class BadWhere(Exception):
    """The filter cannot be read, or names a field that is not fast."""


def folded(text: str) -> str:
    """How texts are compared: upper and lower case, with and without accents, are the same."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def parse_where(text: str) -> Fits:
    """The filter as a function. AND binds closer than OR. Raises BadWhere."""
    alternatives: list[list[Fits]] = [[]]
    position = 0
    while True:
        term = TERM.match(text, position)
        if term is None:
            raise BadWhere(text)
        alternatives[-1].append(_equality(term))
        position = term.end()
        if position == len(text):
            return lambda contact: any(all(fits(contact) for fits in terms) for terms in alternatives)
        join = JOIN.match(text, position)
        if join is None:
            raise BadWhere(text)
        if join[1].upper() in {"||", "OR"}:
            alternatives.append([])
        position = join.end()


def _equality(term: re.Match[str]) -> Fits:
    field = term[1]
    if field not in FIELDS:
        raise BadWhere(field)
    wanted = folded(term[2] if term[2] is not None else re.sub(r"\\(.)", r"\1", term[3]))
    return lambda contact: folded(contact.id if field == "ContactID" else contact.text(field)) == wanted
