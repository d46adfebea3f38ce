"""The two kinds of values: what a vendor sends, and what a field rule compares."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | Decimal | str | Sequence[Json] | Mapping[str, Json] | None"
"""A vendor's value as it is on the wire. Fractions are read as Decimal, never as float."""

Fields: TypeAlias = Mapping[str, Json]
"""A record's raw fields by the vendor's own top-level names."""

Value: TypeAlias = "bool | str | Decimal | date | Sequence[Value] | Mapping[str, Value] | None"
"""What a field rule compares: the meaning of a field, the same for both systems. Blank is None."""


class System(StrEnum):
    """One of the two systems that are kept in step."""

    SALESFORCE = "salesforce"
    XERO = "xero"

    @property
    def other(self) -> "System":
        return System.XERO if self is System.SALESFORCE else System.SALESFORCE
