"""Single values of a sender's are read when they are plainly one, and are None otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.words import guid, instant, name, number

AT = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T03:04:05", AT),
        ("2026-11-20T03:04:05Z", AT),
        ("2026-11-20T03:04:05.000+00:00", AT),
        ("2026-11-20T16:04:05+13:00", AT),
        (" 2026-11-20T03:04:05.8 ", AT.replace(microsecond=800_000)),
        ("2026-11-20T03:04:05.83", AT.replace(microsecond=830_000)),
        ("2026-11-20T03:04:05.878Z", AT.replace(microsecond=878_000)),
        ("2026-11-20T03:04:05.1234567", AT.replace(microsecond=123_456)),
    ],
)
def test_an_instant_is_utc_however_exact_and_with_or_without_a_zone(text: str, expected: datetime) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        1772442000,
        "",
        "yesterday",
        "0000-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T23:59:59",
        "2100-01-01T00:00:00",
        "9999-12-31T23:59:59-14:00",
        "2026-13-01T00:00:00",
        "\ud800",
        ["2026-11-20"],
    ],
)
def test_what_is_no_instant_of_this_century_is_none(value: object) -> None:
    assert instant(value) is None  # type: ignore[arg-type]  # a sender may send anything


@given(st.integers(0, 99 * 365 * 86_400), st.integers(0, 999_999), st.booleans())
def test_every_instant_of_this_century_is_read_as_it_was_written(second: int, micro: int, zone: bool) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=second, microseconds=micro)
    text = at.isoformat()
    assert instant(text if zone else text.removesuffix("+00:00")) == at


@given(st.text())
def test_whatever_the_text_no_reader_fails(text: str) -> None:
    for read in (instant, name, guid):
        read(text)


@pytest.mark.parametrize("text", ["Account", "My_Object__c", "CREDITNOTE", "a" * 64])
def test_a_name_is_a_word_of_letters_digits_and_underscores(text: str) -> None:
    assert name(text) == text


@pytest.mark.parametrize(
    "value", ["", "a b", "1a", "_a", "a" * 65, "Konto\u00e9", "a\n", "a\x00", "\ud800", 5, None, []]
)
def test_what_is_no_name_is_none(value: object) -> None:
    assert name(value) is None  # type: ignore[arg-type]  # a sender may send anything


def test_a_guid_is_spelled_in_lower_case() -> None:
    assert guid("6F1D2C3B-0A4E-4B5F-8C6D-7E8F90A1B2C3") == "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
    assert guid("6f1d2c3b0a4e4b5f8c6d7e8f90a1b2c3") is None


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (7, 7), (-1, None), (1 << 63, None), ("7", None), (None, None)]
)
def test_a_number_is_whole_and_fits_a_column(value: object, expected: int | None) -> None:
    assert number(value) == expected  # type: ignore[arg-type]  # a sender may send anything
