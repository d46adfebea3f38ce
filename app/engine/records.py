"""Records, what was seen of them, and what ties two of them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from app.mapping.values import Fields, Json, System, Value

__all__ = ["Agreed", "Base", "Link", "Observation", "Presence", "RecordRef", "State", "System", "parse_ref"]


class RecordRef(NamedTuple):
    """One thing in one system."""

    system: System
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.system}:{self.object}:{self.id}"


def parse_ref(text: str) -> RecordRef:
    """The record that `str` of a ref names. Raises ValueError when it names none."""
    system, object, id = text.split(":")
    return RecordRef(System(system), object, id)


class Presence(StrEnum):
    """Whether a record is there. `invisible` is no evidence of deletion: the vendor merely did not return it."""

    LIVE = "live"
    ARCHIVED = "archived"
    DELETED = "deleted"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class Observation:
    """A record as a vendor returned it just now.

    `fields` holds the raw fields that were asked for; `version` is the vendor's own stamp
    (`SystemModstamp`, `UpdatedDateUTC`), absent where the vendor returned nothing. `stamps` tells of raw fields that
    change without it, such as the parts of a record, when they last did. `by` is the user who wrote last, where the
    vendor tells.
    """

    ref: RecordRef
    presence: Presence
    version: datetime | None
    fields: Fields = field(default_factory=dict[str, Json])
    merged_into: str | None = None
    stamps: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    by: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A record as last observed, and since when each value has been seen.

    `stamps` gives, by lens path, the vendor's stamp at which the present value was first observed.
    """

    seen: Observation
    stamps: Mapping[str, datetime]
    observed_at: datetime

    @property
    def ref(self) -> RecordRef:
        return self.seen.ref


class Agreed(NamedTuple):
    """What each side held, as its lens reads it, when both last agreed on one field rule."""

    salesforce: Value
    xero: Value

    def side(self, system: System) -> Value:
        return self.salesforce if system is System.SALESFORCE else self.xero


Base = Mapping[str, Agreed]
"""The values both sides last agreed on, by the field rule's name."""


@dataclass(frozen=True, slots=True)
class Link:
    """The tie between two records. `id` is 0 until it is stored."""

    id: int
    mapping: str
    slot: str
    salesforce: RecordRef
    xero: RecordRef
    base: Base

    def ref(self, system: System) -> RecordRef:
        """The linked record in `system`."""
        return self.salesforce if system is System.SALESFORCE else self.xero
