"""Numbers of expressions are exact decimals with one spelling."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.decimal_functions import arithmetic, comparison, number, spell

amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)


@pytest.mark.parametrize(("text", "spelled"), [("10.50", "10.5"), ("1E+2", "100"), ("-0.00", "0"), ("100", "100")])
def test_a_number_has_one_spelling(text: str, spelled: str) -> None:
    assert spell(Decimal(text)) == spelled


@pytest.mark.parametrize("text", ["", "ten", "NaN", "Infinity", "1,000"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        number(text)


@given(amounts, amounts)
def test_sums_differences_and_products_are_exact(a: Decimal, b: Decimal) -> None:
    texts = (str(a), str(b))
    assert Decimal(arithmetic("subtract")(arithmetic("add")(*texts), texts[1])) == a
    assert Fraction(arithmetic("multiply")(*texts)) == Fraction(a) * Fraction(b)


@given(amounts, amounts)
def test_numbers_compare_by_value_and_not_by_spelling(a: Decimal, b: Decimal) -> None:
    texts = (spell(a), str(b))
    assert comparison("equal")(str(a), spell(a))
    assert comparison("less")(*texts) is (a < b)
    assert comparison("at_most")(*texts) is (a <= b)
    assert comparison("greater")(*texts) is (a > b)
    assert comparison("at_least")(*texts) is (a >= b)
