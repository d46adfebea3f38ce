"""Lenses made of lenses: fields that are one value, one entry of a shared list, one member of a shared object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.mapping.lenses import says_already
from app.mapping.model import Lens
from app.mapping.values import Fields, Json, Value


@dataclass(frozen=True, slots=True)
class Compound:
    """Several lenses read and written as one value: a mapping of the parts that are not blank."""

    path: str
    parts: Mapping[str, Lens]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.keys for part in self.parts.values()))

    def read(self, fields: Fields) -> Value:
        return _filled({name: part.read(fields) for name, part in self.parts.items()})

    def hold(self, value: Value) -> Value:
        given = _mapping(value)
        return _filled({name: part.hold(given.get(name)) for name, part in self.parts.items()})

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        given = _mapping(value)
        written: dict[str, Json] = {}
        for name, part in self.parts.items():
            written.update(part.write(given.get(name), fields))
        return written


@dataclass(frozen=True, slots=True)
class Entry:
    """The one entry of a list whose `type_key` is `type`. A write sends the whole list, the other entries untouched.

    Of several entries with that type the first counts.
    """

    path: str
    list_key: str
    type_key: str
    type: str
    inner: Lens

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.list_key})

    def read(self, fields: Fields) -> Value:
        return self.inner.read(self._entry(fields))

    def hold(self, value: Value) -> Value:
        return self.inner.hold(value)

    def write(self, value: Value, fields: Fields) -> Fields:
        written = self.inner.write(value, self._entry(fields))
        return {self.list_key: self._replaced(fields, written)} if written else {}

    def without(self, fields: Fields) -> Fields:
        """What to send so that the list has no entry of that type."""
        entries = _list(fields.get(self.list_key))
        return {self.list_key: [entry for entry in entries if _type(entry, self.type_key) != self.type]}

    def _entry(self, fields: Fields) -> Fields:
        entries = _list(fields.get(self.list_key))
        place = self._place(entries)
        entry = None if place is None else entries[place]
        return entry if isinstance(entry, Mapping) else {}

    def _replaced(self, fields: Fields, written: Fields) -> list[Json]:
        entries = _list(fields.get(self.list_key))
        place = self._place(entries)
        if place is None:
            return [*entries, {self.type_key: self.type, **written}]
        return [*entries[:place], {**self._entry(fields), **written}, *entries[place + 1 :]]

    def _place(self, entries: Sequence[Json]) -> int | None:
        mine = (place for place, entry in enumerate(entries) if _type(entry, self.type_key) == self.type)
        return next(mine, None)


@dataclass(frozen=True, slots=True)
class Member:
    """What lies within the object under `key`. A write sends the whole object, its other members untouched."""

    path: str
    key: str
    inner: Lens

    @property
    def keys(self) -> frozenset[str]:
        return frozenset({self.key})

    def read(self, fields: Fields) -> Value:
        return self.inner.read(self._object(fields))

    def hold(self, value: Value) -> Value:
        return self.inner.hold(value)

    def write(self, value: Value, fields: Fields) -> Fields:
        present = self._object(fields)
        written = self.inner.write(value, present)
        return {self.key: {**present, **written}} if written else {}

    def _object(self, fields: Fields) -> Fields:
        held = fields.get(self.key)
        return held if isinstance(held, Mapping) else {}


def _type(entry: Json, type_key: str) -> Json:
    return entry.get(type_key) if isinstance(entry, Mapping) else None


def _filled(parts: Mapping[str, Value]) -> Value:
    return {name: value for name, value in parts.items() if value is not None} or None


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else []
