"""What blank is, what a text may hold, and how long it may be."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.text import cut, filled_lines, letters_only, several_lines, single_line, text_of, xero_name
from app.mapping.values import Json, Value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("1E+2"), "100"),
        (date(2026, 11, 22), "2026-11-22"),
        (["a"], ""),
        ({"a": "b"}, ""),
    ],
)
def test_only_plain_values_have_a_text(value: "Json | Value", text: str) -> None:
    assert text_of(value) == text


def test_a_single_line_keeps_its_inner_spaces_and_loses_breaks_and_ends() -> None:
    assert single_line("\u00a0 Acme  Ltd\r\nNZ\t") == "Acme  Ltd NZ"


def test_characters_that_no_vendor_carries_are_dropped() -> None:
    assert single_line("a\x00b\ud800c\x7f") == "abc"


def test_several_lines_keep_their_blank_lines_and_their_indentation() -> None:
    assert several_lines("\r\nfirst  \r\n\r\n  second\n") == "first\n\n  second"


def test_filled_lines_have_no_blank_one_among_them() -> None:
    assert filled_lines(" Level 3 \r\n \n12 Queen Street\u2028Auckland") == "Level 3\n12 Queen Street\nAuckland"


def test_a_xero_name_has_no_angle_brackets_and_no_repeated_space() -> None:
    assert xero_name("  Acme <NZ>  Ltd ") == "Acme NZ Ltd"


@pytest.mark.parametrize(
    ("given_text", "held"),
    [
        ("New Zealand", "New Zealand"),
        ("U.S.A.", "USA"),
        ("Co\u0302te d\u2019Ivoire", "C\u00f4te dIvoire"),
        ("Guinea-Bissau", "Guinea Bissau"),
        ("NZ 1", "NZ"),
        ("42", ""),
    ],
)
def test_a_country_is_letters_with_single_spaces(given_text: str, held: str) -> None:
    assert letters_only(given_text) == held


def test_length_is_counted_in_utf_16_units_and_no_character_is_cut_in_two() -> None:
    assert cut("ab\U0001f600", 4) == "ab\U0001f600"
    assert cut("ab\U0001f600", 3) == "ab"


@given(st.text(max_size=30), st.integers(0, 30))
def test_a_cut_text_fits_and_is_the_start_of_the_whole(text: str, length: int) -> None:
    short = cut(text, length)
    assert len(short.encode("utf-16-le")) <= 2 * length
    assert text.startswith(short)
