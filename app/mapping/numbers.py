"""Numbers: exact decimals, however a system spells them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from app.errors import Unfit
from app.mapping.lenses import says_already
from app.mapping.values import Fields, Json, Value

_EXACT = Context(prec=60)
_DIGITS = 18
"""Salesforce keeps so many digits of a number, those of its fraction among them."""


def number_of(value: "Json | Value") -> Decimal | None:
    """The number that `value` is or spells; None where it is none."""
    match value:
        case bool():
            return None
        case int() | Decimal() | str():
            return _finite(value)
    return None


def _finite(value: int | Decimal | str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class Number:
    """A number with `scale` decimal places, rounded half up as accountants do. Nothing clears it but null.

    `stated` tells that the operator gave the scale.
    """

    path: str
    scale: int
    stated: bool = False

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.path})

    def read(self, fields: Fields) -> Value:
        return number_of(fields.get(self.path))

    def hold(self, value: Value) -> Value:
        number = number_of(value)
        if number is None or self._too_large(number):
            return number
        return number.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP, _EXACT)

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = number_of(self.hold(value))
        if held is not None and self._too_large(held):
            raise Unfit(f"{self.path} takes {_DIGITS - self.scale} digits before the point, not {held:E}")
        return {self.path: held}

    def _too_large(self, number: Decimal) -> bool:
        return bool(number) and number.adjusted() >= _DIGITS - self.scale
