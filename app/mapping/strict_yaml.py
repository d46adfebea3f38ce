"""Reads YAML without its traps, and remembers the line of everything."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import yaml

from app.mapping.findings import Place
from app.mapping.values import Json

_PREFIX = "tag:yaml.org,2002:"
_TEXT = f"{_PREFIX}str"
_FORMS = (
    (f"{_PREFIX}bool", "true|false", "tf"),
    (f"{_PREFIX}null", "null|~|", ("n", "~", "")),
    (f"{_PREFIX}int", "-?(?:0|[1-9][0-9]*)", "-0123456789"),
    (f"{_PREFIX}float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+", "-0123456789"),
)
_SCALARS: Mapping[str, Callable[[str], Json]] = {
    _TEXT: str,
    f"{_PREFIX}bool": lambda text: text == "true",
    f"{_PREFIX}null": lambda _: None,
    f"{_PREFIX}int": int,
    f"{_PREFIX}float": Decimal,
}


class NotReadable(Exception):
    """The text is not the YAML that a sync file may hold. `line` counts from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.line = line


class _Mark(Protocol):
    @property
    def line(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML text as values, with the line of each place in it."""

    value: Json
    lines: Mapping[Place, int] = field(default_factory=dict[Place, int])

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class _Loader(yaml.SafeLoader):
    """Knows only plain decimal numbers, true, false and null; `no`, `on`, dates and times stay text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own way of saying it


for _tag, _form, _first in _FORMS:
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_form})\Z"), list(_first))


def read(text: str) -> Document:
    """The one document in `text`. Raises NotReadable on anything but plain, unambiguous YAML."""
    try:
        _refuse_anchors(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise NotReadable(error.problem or str(error), _line(error.problem_mark)) from error
    except yaml.YAMLError as error:
        raise NotReadable(" ".join(str(error).split()), 1) from error
    lines: dict[Place, int] = {}
    return Document(_value(node, (), lines) if node else None, lines)


def _refuse_anchors(text: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None):
            raise NotReadable("anchors and aliases are not read here: write it out", _line(event.start_mark))


def _line(mark: _Mark | None) -> int:
    return mark.line + 1 if mark else 1


def _value(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Json:
    lines.setdefault(place, _line(node.start_mark))
    match node:
        case yaml.MappingNode():
            return _mapping(node, place, lines)
        case yaml.SequenceNode():
            return [_value(item, (*place, position), lines) for position, item in enumerate(node.value)]
        case _:
            return _scalar(node)


def _mapping(node: yaml.MappingNode, place: Place, lines: dict[Place, int]) -> Json:
    members: dict[str, Json] = {}
    for key_node, member in node.value:
        line = _line(key_node.start_mark)
        if key_node.tag != _TEXT:
            raise NotReadable("a key must be text", line)
        if key_node.value in members:
            raise NotReadable(f"the key {key_node.value} stands here twice", line)
        lines[*place, key_node.value] = line
        members[key_node.value] = _value(member, (*place, key_node.value), lines)
    return members


def _scalar(node: yaml.Node) -> Json:
    read_as = _SCALARS.get(node.tag)
    if read_as is None:
        raise NotReadable(f"the tag {node.tag} is not read here", _line(node.start_mark))
    return read_as(str(node.value))
