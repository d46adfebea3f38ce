"""SOQL conditions made into functions of a row."""

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from app.mapping.values import Fields, Json
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.ids import checked
from app.simulator.salesforce.objects import Field, ObjectType, Type
from app.simulator.salesforce.soql.tree import AllOf, AnyOf, Comparison, Condition, Like, Literal, Membership, Not

Fits = Callable[[Fields], bool]
Texts = Callable[[str, str], bool]
Instants = Callable[[datetime, datetime], bool]
Numbers = Callable[[Decimal, Decimal], bool]

TEXT_TESTS: dict[str, Texts] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
INSTANT_TESTS: dict[str, Instants] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBER_TESTS: dict[str, Numbers] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


instant = lru_cache(maxsize=10_000)(datetime.fromisoformat)
"""The instant that a stamp tells; most records share theirs with many others."""


def compiled(condition: Condition, kind: ObjectType) -> Fits:
    """The condition as a function. Raises Refusal with INVALID_FIELD."""
    match condition:
        case Comparison(name, sign, value):
            return _comparison(known_field(kind, name), sign, value)
        case Like(name, pattern):
            column = known_field(kind, name).name
            return lambda row: pattern.fullmatch(str(row[column] or "")) is not None
        case Membership(name, values, negated):
            return _membership(known_field(kind, name), values, negated=negated)
        case Not(part):
            fits = compiled(part, kind)
            return lambda row: not fits(row)
        case AllOf(parts):
            return _all_of([compiled(part, kind) for part in parts])
        case AnyOf(parts):
            some = [compiled(part, kind) for part in parts]
            return lambda row: any(fits(row) for fits in some)


def known_field(kind: ObjectType, name: str) -> Field:
    """The field that a query names, however its case. Raises Refusal."""
    field = kind.field(name)
    if field is None:
        message = (
            f"No such column '{name}' on entity '{kind.name}'. If you are attempting to use a custom field, be sure "
            "to append the '__c' after the custom field name."
        )
        raise Refusal("INVALID_FIELD", message)
    return field


def _comparison(field: Field, sign: str, value: Literal) -> Fits:
    if value is None:
        return _null(field, sign)
    if field.type is Type.DATETIME and isinstance(value, datetime):
        return _instant(field, INSTANT_TESTS[sign], value)
    if field.type is Type.BOOLEAN and isinstance(value, bool):
        return _boolean(field, sign, value=value)
    if field.is_number and isinstance(value, Decimal):
        return _number(field, NUMBER_TESTS[sign], value)
    if field.type not in {Type.DATETIME, Type.BOOLEAN} and not field.is_number and isinstance(value, str):
        return _text(field, sign, value)
    message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
    raise Refusal("INVALID_FIELD", f"{message} and should{'' if field.type is Type.STRING else ' not'} be in quotes")


def _all_of(every: Sequence[Fits]) -> Fits:
    def fits(row: Fields) -> bool:
        for each in every:  # noqa: SIM110 - `all` takes three times as long, for every row of every scan
            if not each(row):
                return False
        return True

    return fits


def _membership(field: Field, values: Sequence[Literal], *, negated: bool) -> Fits:
    tests = [_comparison(field, "=", value) for value in values]
    texts = frozenset(_wanted(field, value) for value in values if isinstance(value, str))
    if len(texts) < len(set(values)):
        return lambda row: negated != any(test(row) for test in tests)
    column, is_id = field.name, field.is_id

    def fits(row: Fields) -> bool:  # looked up, as an org of many records is asked for many ids at once
        stored = row[column]
        return negated != (isinstance(stored, str) and (stored if is_id else stored.casefold()) in texts)

    return fits


def _null(field: Field, sign: str) -> Fits:
    if sign not in {"=", "!="}:
        raise Refusal("INVALID_FIELD", f"{field.name}: null can be compared with = and != only")
    return lambda row: (row[field.name] is None) == (sign == "=")


def _instant(field: Field, test: Instants, value: datetime) -> Fits:
    def fits(row: Fields) -> bool:
        stored = row[field.name]
        return isinstance(stored, str) and test(instant(stored), value)

    return fits


def _number(field: Field, test: Numbers, value: Decimal) -> Fits:
    def fits(row: Fields) -> bool:
        stored = row[field.name]
        return isinstance(stored, (int, Decimal)) and test(Decimal(stored), value)

    return fits


def _boolean(field: Field, sign: str, *, value: bool) -> Fits:
    if sign not in {"=", "!="}:
        raise Refusal("INVALID_FIELD", f"invalid operator on boolean field {field.name}")
    return lambda row: (row[field.name] == value) == (sign == "=")


def _text(field: Field, sign: str, value: str) -> Fits:
    wanted = _wanted(field, value)
    if sign in {"=", "!="}:
        # Unlike in SQL, a null is different from every text.
        return lambda row: (_folded(field, row[field.name]) == wanted) == (sign == "=")
    test = TEXT_TESTS[sign]
    return lambda row: row[field.name] is not None and test(_folded(field, row[field.name]) or "", wanted)


def _wanted(field: Field, value: str) -> str:
    return checked(value) or value if field.is_id else value.casefold()


def _folded(field: Field, stored: Json) -> str | None:
    if not isinstance(stored, str):
        return None
    return stored if field.is_id else stored.casefold()
