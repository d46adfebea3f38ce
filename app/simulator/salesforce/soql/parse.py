"""SOQL tokens made into a query."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from app.simulator.salesforce.soql.tokens import Token, cut, malformed, pattern, unquoted
from app.simulator.salesforce.soql.tree import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Like,
    Literal,
    Membership,
    Not,
    Order,
    Query,
)

OPERATORS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
WORDS: dict[str, Literal] = {"NULL": None, "TRUE": True, "FALSE": False}
READERS: dict[str, Callable[[str], Literal]] = {
    "string": unquoted,
    "number": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def parse(text: str) -> Query:
    """The query that `text` means. Raises Refusal with MALFORMED_QUERY."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(cut(text))
        self._position = 0

    def query(self) -> Query:
        self._need("SELECT")
        fields = self._fields()
        self._need("FROM")
        query = Query(
            fields,
            self._name(),
            self._condition() if self._take("WHERE") else None,
            self._order() if self._take("ORDER") else (),
            self._whole() if self._take("LIMIT") else None,
            (self._whole() if self._take("OFFSET") else 0),
        )
        if self._next.kind != "end":
            raise self._unexpected()
        return query

    def _fields(self) -> tuple[str, ...]:
        names = [self._name()]
        if names[0].upper() == "COUNT" and self._take("("):
            self._need(")")
            return ()
        while self._take(","):
            names.append(self._name())
        return tuple(names)

    def _condition(self) -> Condition:
        parts = [self._negatable()]
        word = next((word for word in ("AND", "OR") if self._next.is_word(word)), None)
        if word is None:
            return parts[0]
        while self._take(word):
            parts.append(self._negatable())
        # AND and OR side by side need parentheses in SOQL; the one left over is refused by the caller.
        return AllOf(tuple(parts)) if word == "AND" else AnyOf(tuple(parts))

    def _negatable(self) -> Condition:
        return Not(self._operand()) if self._take("NOT") else self._operand()

    def _operand(self) -> Condition:
        if not self._take("("):
            return self._comparison()
        condition = self._condition()
        self._need(")")
        return condition

    def _comparison(self) -> Condition:
        field = self._name()
        if self._take("LIKE"):
            return Like(field, pattern(self._of_kind("string")))
        negated = self._take("NOT")
        if negated or self._next.is_word("IN"):
            self._need("IN")
            return Membership(field, self._list(), negated)
        operator = OPERATORS.get(self._next.text)
        if operator is None:
            raise self._unexpected()
        self._position += 1
        return Comparison(field, operator, self._literal())

    def _list(self) -> tuple[Literal, ...]:
        self._need("(")
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._need(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._next
        if token.kind == "name" and token.text.upper() in WORDS:
            self._position += 1
            return WORDS[token.text.upper()]
        read = READERS.get(token.kind)
        if read is None:
            raise self._unexpected()
        try:
            value = read(token.text)
        except ValueError as error:
            raise self._unexpected() from error
        self._position += 1
        return value

    def _order(self) -> tuple[Order, ...]:
        self._need("BY")
        keys = [self._order_key()]
        while self._take(","):
            keys.append(self._order_key())
        return tuple(keys)

    def _order_key(self) -> Order:
        field = self._name()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        if not self._take("NULLS"):
            return Order(field, descending)
        nulls_last = self._take("LAST")
        if not nulls_last:
            self._need("FIRST")
        return Order(field, descending, nulls_last)

    def _whole(self) -> int:
        text = self._of_kind("number")
        if not text.isdecimal():
            raise malformed(f"unexpected token: '{text}'")
        return int(text)

    def _name(self) -> str:
        return self._of_kind("name")

    def _of_kind(self, kind: str) -> str:
        token = self._next
        if token.kind != kind:
            raise self._unexpected()
        self._position += 1
        return token.text

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self, text: str) -> bool:
        """Step over a keyword or a sign when it comes next."""
        token = self._next
        found = token.is_word(text) or (token.kind == "sign" and token.text == text)
        self._position += found
        return found

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected()

    def _unexpected(self) -> Exception:
        return malformed(f"unexpected token: '{self._next.text}'")
