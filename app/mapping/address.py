"""Addresses: one value of street, city, region, postal code and country."""

from dataclasses import dataclass
from typing import ClassVar

from app.mapping.codes import Code
from app.mapping.compound import Compound, Entry
from app.mapping.lenses import Text, says_already
from app.mapping.model import Lens
from app.mapping.text import capitals, cut, filled_lines, letters_only, text_of
from app.mapping.values import Fields, Value


@dataclass(frozen=True, slots=True)
class AddressLines:
    """Xero's four address lines as one text of lines. More than four lines are folded into the fourth."""

    path: ClassVar[str] = "AddressLines"
    lines: ClassVar[tuple[str, ...]] = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
    length: ClassVar[int] = 500

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.lines)

    def read(self, fields: Fields) -> Value:
        return filled_lines("\n".join(text_of(fields.get(line)) for line in self.lines)) or None

    def hold(self, value: Value) -> Value:
        return "\n".join(self._held(value)) or None

    def write(self, value: Value, fields: Fields) -> Fields:
        if says_already(self, value, fields):
            return {}
        held = self._held(value)
        return dict(zip(self.lines, held + [""] * (len(self.lines) - len(held)), strict=True))

    def _held(self, value: Value) -> list[str]:
        lines = filled_lines(text_of(value)).splitlines()
        last = len(self.lines) - 1
        folded = [*lines[:last], *([", ".join(lines[last:])] if lines[last:] else [])]
        return [cut(line, self.length) for line in folded]


def salesforce_address(kind: str) -> Compound:
    """The compound address whose fields begin with `kind`, such as Billing. None clears a part."""
    return _salesforce_address(kind, Text(f"{kind}State", 80, None), Text(f"{kind}Country", 80, None))


def coded_address(kind: str) -> Compound:
    """The same where the org has state and country picklists: both go by their codes, such as CA and US."""
    state = Code(f"{kind}StateCode", None, "[A-Z0-9]{1,3}", "the code of a state, such as CA", capitals)
    country = Code(f"{kind}CountryCode", None, "[A-Z]{2}", "a country's code of two letters, such as NZ", capitals)
    return _salesforce_address(kind, state, country)


def _salesforce_address(kind: str, region: Lens, country: Lens) -> Compound:
    return Compound(
        f"{kind}Address",
        {
            "street": Text(f"{kind}Street", 255, None, filled_lines),
            "city": Text(f"{kind}City", 40, None),
            "region": region,
            "postal_code": Text(f"{kind}PostalCode", 20, None),
            "country": country,
        },
    )


def xero_address(kind: str) -> Entry:
    """The entry of a contact's Addresses of that kind, POBOX or STREET. An empty text clears a part."""
    parts = Compound(
        kind,
        {
            "street": AddressLines(),
            "city": Text("City", 255, ""),
            "region": Text("Region", 255, ""),
            "postal_code": Text("PostalCode", 50, ""),
            "country": Text("Country", 50, "", letters_only),
        },
    )
    return Entry(f"Addresses.{kind}", "Addresses", "AddressType", kind, parts)


def xero_attention(kind: str) -> Entry:
    """To whose attention letters to that address go."""
    return Entry(f"Addresses.{kind}.AttentionTo", "Addresses", "AddressType", kind, Text("AttentionTo", 255, ""))
