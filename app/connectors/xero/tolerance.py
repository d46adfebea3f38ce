"""Reads Xero's JSON however it is spelled this time: `ContactId`, `"true"`, numbers as text."""

import re
from collections.abc import Mapping
from decimal import Decimal

from app.mapping.values import Json

_NUMBERS = frozenset(
    {
        "Day",
        "Discount",
        "Outstanding",
        "Overdue",
        "Amount",
        "AmountCredited",
        "AmountDue",
        "AmountPaid",
        "CurrencyRate",
        "SubTotal",
        "Total",
        "TotalTax",
        "pageCount",
    }
)
"""The fields that hold a number."""

_TRUTH = re.compile(r"(Is|Has|Include)[A-Z]\w*")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


def plainly(value: Json) -> Json:
    """`value` as the documentation spells it: ids end in `ID`, truth is true or false, numbers are numbers."""
    match value:
        case dict():  # as answers are parsed: to ask for any mapping takes several times as long
            return {_named(name, value): _member(name, member) for name, member in value.items()}
        case list():
            return [plainly(item) for item in value]
    return value


def _named(name: str, row: Mapping[str, Json]) -> str:
    if not name.endswith("Id") or name == "Id":
        return name
    usual = f"{name[:-2]}ID"
    return name if usual in row else usual


def _member(name: str, value: Json) -> Json:
    if not isinstance(value, str):
        return plainly(value)
    if value.lower() in {"true", "false"} and _TRUTH.fullmatch(name):
        return value.lower() == "true"
    if name in _NUMBERS and _NUMBER.fullmatch(value):
        return Decimal(value) if "." in value else int(value)
    return value
