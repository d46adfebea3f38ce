"""Instants, filters and comparisons as Xero spells them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.xero import spelling
from app.mapping.values import Json

MOMENT = datetime(2019, 11, 14, 18, 10, 38, 314000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "/Date(1573755038314)/",
        "/Date(1573755038314+0000)/",
        "/Date(1573755038314+1300)/",
        "/Date(1573755038314-0500)/",
        "2019-11-14T18:10:38.314",
        "2019-11-14T18:10:38.314Z",
        "2019-11-15T07:10:38.314+13:00",
    ],
)
def test_every_spelling_of_an_instant_is_the_same_utc(text: str) -> None:
    assert spelling.instant(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", None, 5, "/Date(99999999999999999999)/", "/Date(x)/", ["/Date(1)/"], "9999-12-31T23:59:59-01:00"],
)
def test_what_is_no_instant_is_none(text: Json) -> None:
    assert spelling.instant(text) is None


def test_an_instant_that_does_not_exist_in_utc_is_none() -> None:
    assert spelling.instant("9999-12-31T23:59:59-01:00") is None


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_an_instant_of_any_size_is_read_or_none(milliseconds: int) -> None:
    seen = spelling.instant(f"/Date({milliseconds})/")
    assert seen is None or seen.tzinfo is UTC


def test_modified_since_has_neither_zone_nor_fraction() -> None:
    assert spelling.modified_since(MOMENT.astimezone(timezone(timedelta(hours=13)))) == "2019-11-14T18:10:38"


def test_comparison_ignores_case_accents_and_outer_spaces() -> None:
    assert spelling.matches(" Café Zürich ", "CAFE ZURICH")
    assert not spelling.matches("Cafe", "Cafe2")
    assert not spelling.matches(None, "")


def test_a_query_text_is_wholly_escaped() -> None:
    assert spelling.encoded('Name=="A&B+C"') == "Name%3D%3D%22A%26B%2BC%22"
