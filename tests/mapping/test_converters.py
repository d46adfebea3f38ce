"""Every registered converter obeys the two laws of `Lens`, whatever the fields and the values."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.connectors import wire
from app.errors import Unfit
from app.mapping.converters import REGISTRY
from app.mapping.lenses import Checkbox
from app.mapping.model import Lens
from app.mapping.values import Fields, Value
from tests.support.raw_values import raw_fields, short_text, texts, values_for

DISTINCT = {repr(lens).replace(lens.path, "…"): name for name, lens in REGISTRY.items()}
"""One name of each: those that differ in nothing but the field are the same converter."""

every_converter = pytest.mark.parametrize("lens", [REGISTRY[name] for name in DISTINCT.values()], ids=DISTINCT.values())
quick = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
"""Many values that people may enter are refused by a code, and say nothing of its laws."""


def written(lens: Lens, value: Value, fields: Fields) -> Fields:
    """What is sent. A value that the lens refuses is none that it could be asked to give back."""
    try:
        return lens.write(value, fields)
    except Unfit:
        assume(False)
        raise


@every_converter
@given(data=st.data())
@quick
def test_writing_what_was_just_read_changes_nothing(lens: Lens, data: st.DataObject) -> None:
    fields = data.draw(raw_fields(lens, texts))
    assert {**fields, **lens.write(lens.read(fields), fields)} == fields


@every_converter
@given(data=st.data())
@quick
def test_reading_what_was_just_written_gives_what_can_be_held(lens: Lens, data: st.DataObject) -> None:
    fields = data.draw(raw_fields(lens, short_text))
    assume(lens.hold(lens.read(fields)) == lens.read(fields))
    value = data.draw(values_for(lens))
    assert lens.read({**fields, **written(lens, value, fields)}) == lens.hold(value)


@every_converter
@given(data=st.data())
@quick
def test_what_can_be_held_is_held_as_it_is(lens: Lens, data: st.DataObject) -> None:
    held = lens.hold(data.draw(values_for(lens)))
    assert lens.hold(held) == held


@every_converter
@given(data=st.data())
@quick
def test_a_write_touches_only_the_fields_of_the_lens(lens: Lens, data: st.DataObject) -> None:
    fields = data.draw(raw_fields(lens, texts))
    assert written(lens, data.draw(values_for(lens)), fields).keys() <= lens.keys


@every_converter
@given(data=st.data())
@quick
def test_what_is_written_can_be_sent_as_utf_8(lens: Lens, data: st.DataObject) -> None:
    assert wire.dumps(written(lens, data.draw(values_for(lens)), {})).encode("utf-8")


@every_converter
def test_blank_is_none_and_writing_none_where_nothing_is_sends_nothing(lens: Lens) -> None:
    blank = False if isinstance(lens, Checkbox) else None
    assert lens.read({}) == blank
    assert lens.write(None, {}) == {}
