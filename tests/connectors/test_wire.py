"""JSON keeps every digit and every key, and refuses what is not JSON."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import wire
from app.mapping.values import Json

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | decimals | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back_exactly(value: Json) -> None:
    assert wire.loads(wire.dumps(value)) == value


@given(values)
def test_the_text_of_a_value_is_always_the_same(value: Json) -> None:
    assert wire.dumps(value) == wire.dumps(wire.loads(wire.dumps(value)))


def test_money_keeps_its_last_zero() -> None:
    assert wire.dumps({"Total": Decimal("10.50")}) == '{"Total":10.50}'


def test_a_monstrous_number_does_not_become_a_monstrous_text() -> None:
    assert wire.dumps(Decimal("1E+999999")) == "1E+999999"


def test_fractions_are_never_floats() -> None:
    assert wire.loads("0.1") == Decimal("0.1")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "{", ""])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wire.loads(text)


def test_a_number_that_is_not_finite_cannot_be_written() -> None:
    with pytest.raises(ValueError):
        wire.dumps(Decimal("NaN"))


def test_an_answer_of_another_shape_holds_nothing() -> None:
    assert wire.mapping([1]) == {}
    assert wire.items({"a": 1}) == []
    assert wire.items([{"a": 1}, 2]) == [{"a": 1}]
    assert wire.text(5) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"Name": "Caf\\u00e9"}', {"Name": "Café"}),
        ('["cut \\ud83d", "whole \\ud83d\\ude00"]', ["cut \N{REPLACEMENT CHARACTER}", "whole \N{GRINNING FACE}"]),
        (b'{"Name": "a\\u0000b"}', {"Name": "ab"}),
    ],
)
def test_what_no_database_could_hold_is_not_let_in(text: str | bytes, value: Json) -> None:
    assert wire.loads(text) == value
