"""An id has two spellings, and nothing else is one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.salesforce_ids import is_id, to_15, to_18

VECTORS = [
    ("0015f00002J9YYE", "0015f00002J9YYEAA3"),
    ("00D5Y000001MPM7", "00D5Y000001MPM7UAO"),
    ("0065Y00001Suvw6", "0065Y00001Suvw6QAB"),
    ("000000000000000", "000000000000000AAA"),
]


@pytest.mark.parametrize(("short", "long"), VECTORS)
def test_the_known_ids_have_their_known_check_characters(short: str, long: str) -> None:
    assert to_18(short) == long
    assert to_15(long) == short


@given(st.text(string.ascii_letters + string.digits, min_size=15, max_size=15))
def test_both_spellings_of_any_id_name_one_record(short: str) -> None:
    long = to_18(short)
    assert is_id(short)
    assert is_id(long)
    assert to_18(long) == long
    assert to_15(long) == to_15(short) == short


@given(st.text(string.ascii_letters + string.digits, min_size=15, max_size=15))
def test_two_ids_that_differ_in_case_differ_also_without_regard_to_case(short: str) -> None:
    other = short.swapcase()
    assert (to_18(short).lower() == to_18(other).lower()) == (short == other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "001",
        "0015f00002J9YYE ",
        "0015f00002J9YYE\n",
        "0015f00002J9YY'",
        "0015f00002J9YYEAA",
        "0015f00002J9YYEAA4",
        "0015f00002j9yyeAA3",
        "0015f00002J9YYEaa3",
        "0015f00002J9YYEAA3AAA",
        "0015f00002J9YY\u0665",
        "0015f00002J9YY\u00c9",
        "001*",
        "../../../../etc",
    ],
)
def test_what_is_not_an_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="not a Salesforce id"):
        to_18(text)
