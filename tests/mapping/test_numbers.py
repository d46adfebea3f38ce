"""Numbers are exact, whatever their spelling, and rounded as accountants do."""

from decimal import Decimal

import pytest

from app.errors import Unfit
from app.mapping.numbers import Number
from app.mapping.values import Json

AMOUNT = Number("Balance__c", 2)


@pytest.mark.parametrize("raw", [Decimal("12.50"), "12.5", " 12.50 ", Decimal("1.25E+1")])
def test_a_number_is_read_however_it_is_spelled(raw: Json) -> None:
    assert AMOUNT.read({"Balance__c": raw}) == Decimal("12.5")


@pytest.mark.parametrize("raw", [None, "", " ", "NaN", "Infinity", "twelve", True])
def test_what_is_no_number_reads_as_blank(raw: Json) -> None:
    assert AMOUNT.read({"Balance__c": raw}) is None


@pytest.mark.parametrize(("value", "held"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("0.0049", "0"), ("7", "7.00")])
def test_a_number_is_rounded_half_up_to_its_places(value: str, held: str) -> None:
    assert AMOUNT.hold(Decimal(value)) == Decimal(held)


def test_zero_is_no_blank() -> None:
    assert AMOUNT.write(Decimal(0), {}) == {"Balance__c": Decimal("0.00")}
    assert AMOUNT.write(None, {"Balance__c": Decimal(0)}) == {"Balance__c": None}


def test_an_equal_number_is_not_written_again() -> None:
    assert AMOUNT.write(Decimal("12.500"), {"Balance__c": "12.5"}) == {}


def test_a_number_with_too_many_digits_is_refused_and_not_cut() -> None:
    assert AMOUNT.write(Decimal("9" * 16), {})
    with pytest.raises(Unfit, match="Balance__c takes 16 digits before the point"):
        AMOUNT.write(Decimal("1" + "0" * 16), {})
