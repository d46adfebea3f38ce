"""Phones: Xero keeps a number in three parts, Salesforce in one."""

from dataclasses import dataclass
from typing import ClassVar

from app.mapping.compound import Entry
from app.mapping.lenses import says_already
from app.mapping.text import cut, single_line, text_of
from app.mapping.values import Fields, Value


@dataclass(frozen=True, slots=True)
class PhoneParts:
    """Country code, area code and number as one text, with a space between them.

    A number is never taken apart: writing puts it into PhoneNumber whole and clears the codes.
    """

    path: ClassVar[str] = "PhoneParts"
    parts: ClassVar[tuple[str, ...]] = ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber")
    length: ClassVar[int] = 50

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.parts)

    def read(self, fields: Fields) -> Value:
        parts = (single_line(text_of(fields.get(part))) for part in self.parts)
        return " ".join(part for part in parts if part) or None

    def hold(self, value: Value) -> Value:
        return self._held(value) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        return {"PhoneCountryCode": "", "PhoneAreaCode": "", "PhoneNumber": self._held(value)}

    def _held(self, value: Value) -> str:
        return cut(single_line(text_of(value)), self.length)


def xero_phone(kind: str) -> Entry:
    """The entry of a contact's Phones of that kind, such as DEFAULT."""
    return Entry(f"Phones.{kind}", "Phones", "PhoneType", kind, PhoneParts())
