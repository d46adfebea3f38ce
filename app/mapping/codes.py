"""Codes: words that stand for something in their system, and are never shortened into another word."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import Unfit
from app.mapping.lenses import says_already
from app.mapping.text import single_line, text_of
from app.mapping.values import Fields, Value


@dataclass(frozen=True, slots=True)
class Code:
    """A text that names something: a currency, an account, a tax type.

    `form` is the pattern of all that may be written and `looks` says the same to people; whatever else the system
    sends is read as it is. `blank` is what clears the field, `shape` the form in which it is kept.
    """

    path: str
    blank: str | None
    form: str
    looks: str
    shape: Callable[[str], str] = single_line

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.path})

    def read(self, fields: Fields) -> Value:
        return self.shape(text_of(fields.get(self.path))) or None

    def hold(self, value: Value) -> Value:
        return self.shape(text_of(value)) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        if not isinstance(held, str):
            return {self.path: self.blank}
        if not re.fullmatch(self.form, held):
            raise Unfit(f'{self.path} takes {self.looks}, not "{held}"')
        return {self.path: held}
