"""Payment terms: Xero's day and type as one text, such as `20 DAYSAFTERBILLDATE`."""

import re
from dataclasses import dataclass
from typing import ClassVar

from app.errors import Unfit
from app.mapping.compound import Member
from app.mapping.lenses import says_already
from app.mapping.numbers import number_of
from app.mapping.text import capitals, text_of
from app.mapping.values import Fields, Json, Value

TYPES = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")
"""The types that Xero documents. Others are carried, too."""

_NO_DAY = 1000


@dataclass(frozen=True, slots=True)
class Term:
    """Day and type, which only together are a term. Xero documents no way to take a term away again."""

    path: ClassVar[str] = "Term"

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({"Day", "Type"})

    def read(self, fields: Fields) -> Value:
        parts = (_day(fields.get("Day")), capitals(text_of(fields.get("Type"))))
        return " ".join(part for part in parts if part) or None

    def hold(self, value: Value) -> Value:
        day, _, rest = capitals(text_of(value)).partition(" ")
        return " ".join(part for part in (_day(day) or day, rest) if part) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        if held is None:
            raise Unfit("payment terms cannot be taken away through Xero's API; choose others, or remove them in Xero")
        term = re.fullmatch(r"(?P<day>[0-9]{1,3}) (?P<type>[A-Z]+)", text_of(held))
        if term is None:
            raise Unfit(f'payment terms are a day and one of {", ".join(TYPES)}, such as 20 {TYPES[0]}, not "{held}"')
        return {"Day": int(term["day"]), "Type": term["type"]}


def xero_terms(kind: str) -> Member:
    """The terms of a contact for that kind of document, Sales or Bills. The other kind's stay as they are."""
    return Member(f"PaymentTerms.{kind}", "PaymentTerms", Member(kind, kind, Term()))


def _day(raw: Json) -> str:
    number = number_of(raw)
    whole = number is not None and 0 <= number < _NO_DAY and number == int(number)
    return str(int(number)) if number is not None and whole else ""
