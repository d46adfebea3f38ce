"""Every registered converter obeys the two laws of `Lens`, whatever the fields and the values."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.mapping.address import AddressLines
from app.mapping.compound import Compound, Entry
from app.mapping.converters import REGISTRY
from app.mapping.lenses import Checkbox, Text
from app.mapping.model import Lens
from app.mapping.phone import PhoneParts
from app.mapping.values import Fields, Json, Value

every_converter = pytest.mark.parametrize("lens", REGISTRY.values(), ids=REGISTRY)
quick = settings(max_examples=15, deadline=None)

any_text = st.text(st.characters(exclude_categories=()), max_size=300)
short_text = st.text(st.sampled_from("aB<> .'-\u00e9\u00a0\u2028\r\n\t\x00\U0001f600\ud800"), max_size=7)
texts = st.one_of(st.none(), any_text, short_text)
flags = st.one_of(st.none(), st.booleans())


def raw_fields(lens: Lens, raw: st.SearchStrategy[Json]) -> st.SearchStrategy[Fields]:
    """Fields as a vendor might send them, with any of the lens's own missing, and one that is not its business."""
    if isinstance(lens, Entry):
        return raw_list(lens, raw)
    return st.fixed_dictionaries({"Other": raw}, optional=dict.fromkeys(sorted(lens.keys), raw))


def raw_list(lens: Entry, raw: st.SearchStrategy[Json]) -> st.SearchStrategy[Fields]:
    types = st.sampled_from([lens.type, "STRANGE"])
    entry = st.builds(lambda kind, inner: {**inner, lens.type_key: kind}, types, raw_fields(lens.inner, raw))
    return st.fixed_dictionaries({}, optional={lens.list_key: st.one_of(st.none(), st.lists(entry, max_size=3))})


def values_for(lens: Lens) -> st.SearchStrategy[Value]:
    """Meanings that the other side may have."""
    match lens:
        case Entry():
            return values_for(lens.inner)
        case Compound():
            parts = {name: values_for(part) for name, part in lens.parts.items()}
            return st.one_of(st.none(), st.fixed_dictionaries({}, optional=parts))
        case Checkbox():
            return flags
        case Text() | AddressLines() | PhoneParts():
            return texts
    raise AssertionError(f"say how to make values for {lens}")


def raw_for(lens: Lens, text: st.SearchStrategy[str | None]) -> st.SearchStrategy[Json]:
    return st.one_of(flags, st.sampled_from(["true", "false"])) if isinstance(lens, Checkbox) else text


@every_converter
@given(data=st.data())
@quick
def test_writing_what_was_just_read_changes_nothing(lens: Lens, data: st.DataObject) -> None:
    fields = data.draw(raw_fields(lens, raw_for(lens, texts)))
    assert {**fields, **lens.write(lens.read(fields), fields)} == fields


@every_converter
@given(data=st.data())
@quick
def test_reading_what_was_just_written_gives_what_can_be_held(lens: Lens, data: st.DataObject) -> None:
    fields = data.draw(raw_fields(lens, raw_for(lens, short_text)))
    assume(lens.hold(lens.read(fields)) == lens.read(fields))
    value = data.draw(values_for(lens))
    assert lens.read({**fields, **lens.write(value, fields)}) == lens.hold(value)


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
    fields = data.draw(raw_fields(lens, raw_for(lens, texts)))
    assert lens.write(data.draw(values_for(lens)), fields).keys() <= lens.keys


@every_converter
@given(data=st.data())
@quick
def test_what_is_written_can_be_sent_as_utf_8(lens: Lens, data: st.DataObject) -> None:
    assert json.dumps(lens.write(data.draw(values_for(lens)), {}), ensure_ascii=False).encode("utf-8")


@every_converter
def test_blank_is_none_and_writing_none_where_nothing_is_sends_nothing(lens: Lens) -> None:
    blank = False if isinstance(lens, Checkbox) else None
    assert lens.read({}) == blank
    assert lens.write(None, {}) == {}
