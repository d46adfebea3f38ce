"""The decimal functions of expressions: numbers go in as text and never become floats."""

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation

_EXACT = Context(prec=50, traps=[Inexact])
"""Fifty digits, and an error rather than a rounded answer."""


def number(text: str) -> Decimal:
    """The finite decimal number that `text` spells. Raises ValueError on none."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("the text is no number") from error
    if not value.is_finite():
        raise ValueError("the number is not finite")
    return value


def spell(value: Decimal) -> str:
    """The one spelling of a number: plain digits, no zeros at the end of a fraction."""
    text = format(value, "f")
    trimmed = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if trimmed == "-0" else trimmed


COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "equal": operator.eq,
    "less": operator.lt,
    "at_most": operator.le,
    "greater": operator.gt,
    "at_least": operator.ge,
}
"""Functions of two numbers that are true or false."""

ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "add": _EXACT.add,
    "subtract": _EXACT.subtract,
    "multiply": _EXACT.multiply,
}
"""Functions of two numbers that give a number."""


def comparison(name: str) -> Callable[[str, str], bool]:
    """The comparison of that name over texts."""
    compare = COMPARISONS[name]
    return lambda a, b: compare(number(a), number(b))


def arithmetic(name: str) -> Callable[[str, str], str]:
    """The arithmetic of that name over texts."""
    reckon = ARITHMETIC[name]
    return lambda a, b: spell(reckon(number(a), number(b)))
