"""What a SOQL query means."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Literal = str | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a literal, by one of = != < <= > >=."""

    field: str
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Like:
    """A text field that fits a pattern as a whole."""

    field: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Membership:
    """A field that is, or is not, one of several literals."""

    field: str
    values: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions joined by AND."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions joined by OR."""

    parts: "tuple[Condition, ...]"


Condition = Comparison | Like | Membership | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    """One key to sort by. Nulls come first unless it is said otherwise."""

    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query. No fields means COUNT()."""

    fields: tuple[str, ...]
    object: str
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
