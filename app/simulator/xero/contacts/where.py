"""The `where` filter: comparisons of text fields joined by AND, OR and parentheses."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from app.simulator.xero.contacts.contact import Contact

FIELDS = frozenset({"ContactID", "Name", "EmailAddress", "AccountNumber", "ContactNumber", "ContactStatus"})
TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<join>&&|\|\||(?:AND|OR)\b)
    | (?P<sign>==|=|!=|[()])
    | (?P<guid>guid\(\s*"[^"\\]*"\s*\))
    | (?P<text>"[^"\\]*")
    | (?P<null>null\b)
    | (?P<name>[A-Za-z]+(?:\.(?:Contains|StartsWith|EndsWith))?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
METHODS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}

Fits = Callable[[Contact], bool]


class BadWhere(Exception):
    """The filter cannot be read, or names a field that is not known."""


def folded(text: str) -> str:
    """How texts are compared: upper and lower case, with and without accents, are the same."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def parse_where(text: str) -> Fits:
    """The filter as a function. AND binds closer than OR; nothing escapes a quote. Raises BadWhere."""
    parser = _Parser(text)
    fits = parser.alternatives()
    parser.need("end")
    return fits


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _cut(text)
        self._position = 0

    def alternatives(self) -> Fits:
        parts = [self._conjunction()]
        while self._take("join", "||", "OR"):
            parts.append(self._conjunction())
        return lambda contact: any(fits(contact) for fits in parts)

    def need(self, kind: str, *texts: str) -> str:
        """Step over the next token when it is of this kind. Raises BadWhere."""
        text = self._take(kind, *texts)
        if text is None:
            raise BadWhere(self._tokens[self._position][1])
        return text

    def _conjunction(self) -> Fits:
        parts = [self._term()]
        while self._take("join", "&&", "AND"):
            parts.append(self._term())
        return lambda contact: all(fits(contact) for fits in parts)

    def _term(self) -> Fits:
        if self._take("sign", "("):
            fits = self.alternatives()
            self.need("sign", ")")
            return fits
        field, _, method = self.need("name").partition(".")
        if field not in FIELDS:
            raise BadWhere(field)
        return self._method(field, method) if method else self._comparison(field)

    def _method(self, field: str, method: str) -> Fits:
        self.need("sign", "(")
        part = folded(self.need("text")[1:-1])
        self.need("sign", ")")
        test = METHODS[method.lower()]
        return lambda contact: test(_stored(contact, field), part)

    def _comparison(self, field: str) -> Fits:
        equal = self.need("sign", "==", "=", "!=") != "!="
        if self._take("null"):
            return lambda contact: (_stored(contact, field) == "") == equal
        quoted = self._take("guid") or self.need("text")
        wanted = folded(quoted.split('"')[1])
        return lambda contact: (_stored(contact, field) == wanted) == equal

    def _take(self, kind: str, *texts: str) -> str | None:
        next_kind, text = self._tokens[self._position]
        if next_kind != kind or (texts and text.upper() not in texts):
            return None
        self._position += 1
        return text


def _cut(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise BadWhere(text[position:])
        if match.lastgroup != "space":
            tokens.append((match.lastgroup, match[0]))
        position = match.end()
    return [*tokens, ("end", "")]


def _stored(contact: Contact, field: str) -> str:
    return folded(contact.id if field == "ContactID" else contact.text(field))
