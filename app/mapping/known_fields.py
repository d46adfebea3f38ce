"""What is known of a field: its lens, the kind of value it holds, and whether its system lets it be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.mapping.model import Lens


class Kind(StrEnum):
    """What sort of value a lens reads. Only fields of one kind can correspond."""

    TEXT = "text"
    CHECKBOX = "checkbox"
    NUMBER = "number"
    ADDRESS = "address"
    PERSON = "person's name"
    PEOPLE = "list of people"

    @property
    def article(self) -> str:
        return f"an {self}" if self is Kind.ADDRESS else f"a {self}"


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field that can be mapped. `writable` is false where the system only lets it be read."""

    lens: Lens
    kind: Kind = Kind.TEXT
    writable: bool = True

    @property
    def path(self) -> str:
        return self.lens.path


def by_path(*fields: KnownField) -> Mapping[str, KnownField]:
    """`fields` by the names that the sync file uses."""
    return {field.path: field for field in fields}
