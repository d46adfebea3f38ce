"""What is stored comes back as what it was."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from app.mapping.values import Json, Value
from app.store.types import Instant, decode, encode
from tests.support.laws import values, wire_values

INSTANTS = st.datetimes(timezones=st.just(UTC))


def as_text(instant: datetime) -> str:
    bound = Instant().process_bind_param(instant, sqlite.dialect())
    assert isinstance(bound, str)
    return bound


@settings(deadline=None)
@given(values())
def test_any_value_comes_back_as_what_it_was(value: Value) -> None:
    assert decode(encode(value)) == value
    assert encode(decode(encode(value))) == encode(value)


@settings(deadline=None)
@given(wire_values())
def test_any_value_from_the_wire_comes_back_equal(value: Json) -> None:
    assert decode(encode(value)) == value


def test_a_decimal_keeps_its_scale() -> None:
    assert str(decode(encode(Decimal("1.50")))) == "1.50"


def test_equal_documents_have_equal_text_whatever_the_order_of_their_keys() -> None:
    assert encode({"a": "1", "b": "2"}) == encode({"b": "2", "a": "1"})


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    assert (as_text(one) < as_text(other)) == (one < other)


@given(INSTANTS)
def test_any_instant_comes_back_from_text(instant: datetime) -> None:
    assert Instant().process_result_value(as_text(instant), sqlite.dialect()) == instant


def test_instants_of_other_zones_are_stored_in_utc() -> None:
    auckland = timezone(timedelta(hours=13))
    assert as_text(datetime(2026, 3, 3, 1, 0, tzinfo=auckland)) == "2026-03-02T12:00:00.000000Z"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        as_text(datetime(2026, 3, 2))  # noqa: DTZ001 - the naive instant is the subject
