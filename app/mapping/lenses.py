"""Lenses onto one raw field: text and checkbox."""

from collections.abc import Callable
from dataclasses import dataclass

from app.mapping.model import Lens
from app.mapping.text import cut, single_line, text_of
from app.mapping.values import Fields, Value


def says_already(lens: Lens, value: Value, fields: Fields) -> bool:
    """Whether `fields` read as `value`, or as what can be held of it, so that nothing is to be written."""
    return lens.read(fields) in (value, lens.hold(value))


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most `length` UTF-16 units. `blank` is what clears it; `shape` is the form in which it is kept.

    `stated` tells that the operator gave the length, so that nothing longer than that is ever written.
    """

    path: str
    length: int
    blank: str | None
    shape: Callable[[str], str] = single_line
    stated: bool = False

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.path})

    def read(self, fields: Fields) -> Value:
        return self.shape(text_of(fields.get(self.path))) or None

    def hold(self, value: Value) -> Value:
        return cut(self.shape(text_of(value)), self.length) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        return {self.path: held if isinstance(held, str) else self.blank}


@dataclass(frozen=True, slots=True)
class Checkbox:
    """A field that is true or false and never blank. Missing reads as false."""

    path: str

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.path})

    def read(self, fields: Fields) -> bool:
        return text_of(fields.get(self.path)) == "true"

    def hold(self, value: Value) -> bool:
        return text_of(value) == "true"

    def write(self, value: Value, fields: Fields) -> Fields:
        return {} if says_already(self, value, fields) else {self.path: self.hold(value)}
