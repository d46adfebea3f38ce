"""YAML without its traps."""

from decimal import Decimal

import pytest

from app.mapping.strict_yaml import NotReadable, read
from app.mapping.values import Json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-11-22", "2026-11-22"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-1.10", Decimal("-1.10")),
        ('"12"', "12"),
        ("{a: [1, {b: c}]}", {"a": [1, {"b": "c"}]}),
        ("'<<'", "<<"),
    ],
)
def test_only_plain_words_have_a_meaning_of_their_own(text: str, value: Json) -> None:
    read_value = read(text).value
    assert (read_value, type(read_value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: 1\nb: 2\na: 3", "a stands here twice", 3),
        ("a:\n  - {b: 1, b: 2}", "b stands here twice", 2),
        ("1: a", "a key must be text", 1),
        ("a: &x 1\nb: *x", "anchors", 1),
        ("a: !!python/object:os.system x", "is not read here", 1),
        ("a: !!binary x", "is not read here", 1),
        ("a: 1\n---\nb: 1", "document", 2),
        ("a: [1\nb: 2", "expected", 2),
        ("a: \x00", "unacceptable character", 1),
    ],
)
def test_what_is_ambiguous_or_unsafe_is_refused_with_its_line(text: str, reason: str, line: int) -> None:
    with pytest.raises(NotReadable, match=reason) as refused:
        read(text)
    assert refused.value.line == line


def test_the_line_of_every_place_is_known_and_of_an_unknown_one_the_nearest() -> None:
    document = read("a: 1\nb:\n  - c: 1\n    d: 2\n")
    assert document.line(("b",)) == 2
    assert document.line(("b", 0, "d")) == 4
    assert document.line(("b", 0, "d", "missing")) == 4
    assert document.line(("missing",)) == 1
