"""The compiled sync file: the knowledge that the engine plans with."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.mapping.values import Fields, Json, System, Value


class Mode(StrEnum):
    """`observe` plans and records every write and sends none; `live` sends."""

    OBSERVE = "observe"
    LIVE = "live"


class Direction(StrEnum):
    """Which way values travel."""

    BOTH = "both"
    TO_XERO = "to_xero"
    TO_SALESFORCE = "to_salesforce"

    def allows(self, target: System) -> bool:
        """Whether values may travel to `target`."""
        return self is Direction.BOTH or self is (
            Direction.TO_XERO if target is System.XERO else Direction.TO_SALESFORCE
        )


class OnConflict(StrEnum):
    """Whose edit stands when both sides changed one field since they last agreed."""

    SALESFORCE = "salesforce"
    XERO = "xero"
    LATEST = "latest"
    ASK = "ask"


class OnDelete(StrEnum):
    """What the other side does when a linked record is archived or deleted."""

    ARCHIVE = "archive"
    IGNORE = "ignore"
    ASK = "ask"


class OnOptOut(StrEnum):
    """What happens in Xero when the opt-in is taken back."""

    KEEP = "keep"
    ARCHIVE = "archive"


class Lens(Protocol):
    """One side of a field rule: reads a meaning out of raw fields and writes it back.

    Two laws hold for every lens, for all fields `f` and values `v`:
    writing what was just read changes nothing (`write(read(f), f)` leaves `f` as it was), and
    reading what was just written gives `hold(v)` back. A value that this side can hold in no form is never written:
    `hold` lets it pass as it is, and `write` refuses it.
    """

    @property
    def path(self) -> str:
        """The name that the sync file uses, such as `Phone` or `Phones.DEFAULT`."""
        ...

    @property
    def keys(self) -> frozenset[str]:
        """The raw top-level fields that the lens reads and writes."""
        ...

    def read(self, fields: Fields) -> Value:
        """The meaning; null, missing, empty and blank are all None."""
        ...

    def hold(self, value: Value) -> Value:
        """`value` as this side can hold it: lengths, characters, precision."""
        ...

    def write(self, value: Value, fields: Fields) -> Fields:
        """The raw fields to send so that `read` gives `hold(value)`; whole lists where lists are shared.

        Raises `Unfit` when no such fields would be taken.
        """
        ...


@runtime_checkable
class Limited(Protocol):
    """A lens that has no room for all of some values."""

    def left_out(self, value: Value) -> tuple[str, ...]:
        """What of `value` is not held, each thing as a person would name it."""
        ...


class Condition(Protocol):
    """A compiled expression over the raw fields of both sides."""

    @property
    def source(self) -> str:
        """The expression as the operator wrote it."""
        ...

    def fields(self, system: System) -> frozenset[str]:
        """The raw top-level fields of `system` that the expression names."""
        ...

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        """Whether the condition is true. Raises `ConditionFailed` when it cannot be evaluated."""
        ...


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of one system corresponds to one of the other."""

    name: str
    salesforce: Lens
    xero: Lens
    direction: Direction
    on_conflict: OnConflict

    def lens(self, system: System) -> Lens:
        """The side of the rule that belongs to `system`."""
        return self.salesforce if system is System.SALESFORCE else self.xero


@dataclass(frozen=True, slots=True)
class CreateRule:
    """When a record may be created in the other system, and with which fixed values."""

    when: Condition | None = None
    set: Fields = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class MatchRule:
    """One kind of key by which two unlinked records are recognised as the same."""

    name: str
    salesforce: Lens
    xero: Lens

    def lens(self, system: System) -> Lens:
        """The side of the key that belongs to `system`."""
        return self.salesforce if system is System.SALESFORCE else self.xero


@dataclass(frozen=True, slots=True)
class Part:
    """Records of `object` that are part of a mapping's record, their parent, and have no counterpart of their own.

    `parent` is the path of raw fields that leads to the parent's id. Where the parts are `shown_as`, the parent's
    observation holds them under that raw name, as a list of objects with `Id` and `fields`, oldest first; it is None
    where only the fact of a change matters, as an invoice moves its contact's balance.
    """

    system: System
    object: str
    parent: tuple[str, ...]
    shown_as: str | None = None
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Guard:
    """How much a lane may do in an hour before it is held for a person.

    `archive_share` is the share of the lane's links that may be archived, where that is fewer than `archive`; a few
    (`ARCHIVES_ALWAYS`) never trip it.
    """

    create: int = 500
    archive: int = 50
    archive_share: Decimal = Decimal("0.1")


ARCHIVES_ALWAYS = 5
"""So many archives an hour are never too many, however few links there are."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a Salesforce object corresponds to a Xero resource."""

    name: str
    salesforce: str
    xero: str
    direction: Direction
    fields: tuple[FieldRule, ...]
    match: tuple[MatchRule, ...]
    on_conflict: OnConflict = OnConflict.LATEST
    on_delete: OnDelete = OnDelete.ARCHIVE
    on_opt_out: OnOptOut = OnOptOut.KEEP
    opt_in: str | None = None
    create_in_xero: CreateRule | None = None
    create_in_salesforce: CreateRule | None = None
    salesforce_key: str = "Xero_Contact_Id__c"
    """The external-id field in Salesforce that carries the Xero id of a record created from Xero."""
    xero_key: str = "ContactNumber"
    """The field in Xero that carries the Salesforce id of a record created from Salesforce."""
    only_salesforce: Condition | None = None
    """Which Salesforce records take part; all where not said."""
    only_xero: Condition | None = None
    """Which Xero records take part; all where not said."""
    parts: tuple[Part, ...] = ()
    """The kinds of records that are part of this mapping's."""

    def object(self, system: System) -> str:
        """The object's name in `system`."""
        return self.salesforce if system is System.SALESFORCE else self.xero

    def objects(self, system: System) -> frozenset[str]:
        """Every object of `system` whose records concern the mapping, by themselves or as parts of others."""
        return frozenset({self.object(system), *(part.object for part in self.parts if part.system is system)})

    def parts_of(self, system: System, object: str) -> tuple[Part, ...]:
        """As what kinds of parts this mapping reads an object of `system`; none where it is not part of anything."""
        return tuple(part for part in self.parts if (part.system, part.object) == (system, object))

    def create_in(self, system: System) -> CreateRule | None:
        """The rule for creating in `system`; None where creation is not declared."""
        return self.create_in_salesforce if system is System.SALESFORCE else self.create_in_xero

    def only(self, system: System) -> Condition | None:
        """Which records of `system` take part; None where all do."""
        return self.only_salesforce if system is System.SALESFORCE else self.only_xero

    def keys(self, system: System) -> frozenset[str]:
        """Every raw field of `system` that this mapping needs to see."""
        lenses = [*(rule.lens(system) for rule in self.fields), *(rule.lens(system) for rule in self.match)]
        created = (rule.when for rule in (self.create_in_xero, self.create_in_salesforce) if rule)
        conditions = [each for each in (*created, self.only_salesforce, self.only_xero) if each]
        named = frozenset[str]().union(*(lens.keys for lens in lenses), *(c.fields(system) for c in conditions))
        named -= {part.shown_as for part in self.parts if part.shown_as and part.system is system}
        if system is System.XERO:
            return named | {self.xero_key}
        return named | {self.salesforce_key} | ({self.opt_in} if self.opt_in else set())


@dataclass(frozen=True, slots=True)
class Sync:
    """One configured pair of a Salesforce org and a Xero organisation."""

    name: str
    mode: Mode
    salesforce: str
    """The name of the Salesforce connection in the settings."""
    xero: str
    """The name of the Xero connection in the settings."""
    mappings: MappingOf[str, Mapping]
    guard: Guard = field(default_factory=Guard)

    def objects(self, system: System) -> frozenset[str]:
        """Every object of `system` whose records concern the sync."""
        return frozenset[str]().union(*(mapping.objects(system) for mapping in self.mappings.values()))

    def connection(self, system: System) -> str:
        """The name of the connection to `system`."""
        return self.salesforce if system is System.SALESFORCE else self.xero

    def lanes(self) -> dict[str, tuple[Mapping, ...]]:
        """The mappings by lane: all that write one Xero resource share a lane, named `sync/Resource`."""
        lanes: dict[str, tuple[Mapping, ...]] = {}
        for mapping in self.mappings.values():
            lane = f"{self.name}/{mapping.xero}"
            lanes[lane] = (*lanes.get(lane, ()), mapping)
        return lanes
