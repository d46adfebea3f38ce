"""Lenses that know what this org allows beyond the kind of a field: its picklists, what it wants filled, its people."""

from dataclasses import dataclass

from app.errors import Unfit
from app.mapping.lenses import says_already
from app.mapping.model import Lens
from app.mapping.text import text_of
from app.mapping.values import Fields, Value

IS_PERSON = "IsPersonAccount"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A text that must be one of `choices`. Case does not matter; the value is kept as the picklist spells it."""

    text: Lens
    choices: frozenset[str]

    @property
    def path(self) -> str:
        return self.text.path

    @property
    def keys(self) -> frozenset[str]:
        return self.text.keys

    def read(self, fields: Fields) -> Value:
        return self.text.read(fields)

    def hold(self, value: Value) -> Value:
        held = self.text.hold(value)
        spelled = {choice.casefold(): choice for choice in sorted(self.choices)}
        return spelled.get(text_of(held).casefold(), held)

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        if held is not None and held not in self.choices:
            raise Unfit(
                f'the picklist {self.path} does not offer "{text_of(held)}"; add it there, or correct the value'
            )
        return self.text.write(held, fields)


@dataclass(frozen=True, slots=True)
class Filled:
    """A field that Salesforce wants filled: it is never cleared."""

    inner: Lens

    @property
    def path(self) -> str:
        return self.inner.path

    @property
    def keys(self) -> frozenset[str]:
        return self.inner.keys

    def read(self, fields: Fields) -> Value:
        return self.inner.read(fields)

    def hold(self, value: Value) -> Value:
        return self.inner.hold(value)

    def write(self, value: Value, fields: Fields) -> Fields:
        if self.hold(value) is None and not says_already(self, value, fields):
            raise Unfit(f"{self.path} cannot be blank in Salesforce")
        return self.inner.write(value, fields)


@dataclass(frozen=True, slots=True)
class BusinessName:
    """The Name of an account that may be a person's, whose Name Salesforce makes of the first and last name."""

    inner: Lens

    @property
    def path(self) -> str:
        return self.inner.path

    @property
    def keys(self) -> frozenset[str]:
        return self.inner.keys | {IS_PERSON}

    def read(self, fields: Fields) -> Value:
        return self.inner.read(fields)

    def hold(self, value: Value) -> Value:
        return self.inner.hold(value)

    def write(self, value: Value, fields: Fields) -> Fields:
        written = self.inner.write(value, fields)
        if written and fields.get(IS_PERSON) is True:
            raise Unfit("the Name of a person account is made of its first and last name; map it by PersonName")
        return written
