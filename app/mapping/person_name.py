"""A person's name: first and last name as one value, and the name that a Xero contact has besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.errors import Unfit
from app.mapping.compound import Compound
from app.mapping.lenses import Text, says_already
from app.mapping.text import text_of, xero_name
from app.mapping.values import Fields, Value

PATH = "PersonName"

_FIRST_AND_LAST = {
    "salesforce": Compound(PATH, {"first": Text("FirstName", 40, None), "last": Text("LastName", 80, None)}),
    "xero": Compound(PATH, {"first": Text("FirstName", 255, ""), "last": Text("LastName", 255, "")}),
}
_WHOLE = Text("Name", 255, "", xero_name)


@dataclass(frozen=True, slots=True)
class SalesforcePersonName:
    """FirstName and LastName. Salesforce makes its own Name of them and keeps nobody without a last name."""

    path: ClassVar[str] = PATH
    parts: ClassVar[Compound] = _FIRST_AND_LAST["salesforce"]

    @property
    def keys(self) -> frozenset[str]:
        return self.parts.keys

    def read(self, fields: Fields) -> Value:
        return _named(self.parts.read(fields))

    def hold(self, value: Value) -> Value:
        return _named(self.parts.hold(_named(value)))

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        if held is None:
            raise Unfit("LastName cannot be blank in Salesforce")
        return self.parts.write(held, fields)


@dataclass(frozen=True, slots=True)
class XeroPersonName:
    """FirstName and LastName, or where a contact has neither, its Name with the last word as last name.

    A write makes the Name of the two, too, unless somebody gave the contact another Name than that.
    """

    path: ClassVar[str] = PATH
    parts: ClassVar[Compound] = _FIRST_AND_LAST["xero"]

    @property
    def keys(self) -> frozenset[str]:
        return self.parts.keys | _WHOLE.keys

    def read(self, fields: Fields) -> Value:
        return _named(self.parts.read(fields)) or _split(text_of(_WHOLE.read(fields)))

    def hold(self, value: Value) -> Value:
        return _named(self.parts.hold(_named(value)))

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self.hold(value)
        whole = _WHOLE.hold(_joined(held))
        if whole is None:
            raise Unfit("a Xero contact cannot be without a name")
        name = {} if self._named_otherwise(fields) else _WHOLE.write(whole, fields)
        return {**self.parts.write(held, fields), **name}

    def _named_otherwise(self, fields: Fields) -> bool:
        parts, whole = self.parts.read(fields), _WHOLE.read(fields)
        return None not in (parts, whole) and whole != _WHOLE.hold(_joined(parts))


def _named(value: Value) -> Value:
    """First and last name; a name alone is the last one."""
    given = value if isinstance(value, Mapping) else {}
    first, last = given.get("first"), given.get("last")
    return value if first is None or last is not None else {"last": first}


def _split(whole: str) -> Value:
    *first, last = whole.split() or [""]
    return {"first": " ".join(first), "last": last} if first else {"last": last} if last else None


def _joined(value: Value) -> str:
    given = value if isinstance(value, Mapping) else {}
    return " ".join(text_of(given.get(part)) for part in ("first", "last"))
