"""Events: "look at this record". Hints, never data to trust."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from app.mapping.values import System


class Kind(StrEnum):
    """What a sender says happened. It only ever leads to a look."""

    CHANGED = "changed"
    DELETED = "deleted"
    UNDELETED = "undeleted"
    SCAN = "scan"
    """Changes were lost or cannot be named: reconcile the whole object."""


class Origin(StrEnum):
    """Where an event came in."""

    XERO_WEBHOOK = "xero_webhook"
    OUTBOUND_MESSAGE = "outbound_message"
    CHANGE_EVENT = "change_event"
    RECONCILE = "reconcile"
    BACKFILL = "backfill"
    PERSON = "person"
    REPLAY = "replay"
    """A person asks for many records again: nobody waits for the first of them."""


class Priority(IntEnum):
    """How urgent a due record is; the smaller, the sooner."""

    PERSON = 0
    PUSH = 10
    RECONCILE = 20
    BACKFILL = 30


PRIORITY: Mapping[Origin, Priority] = {
    Origin.PERSON: Priority.PERSON,
    Origin.XERO_WEBHOOK: Priority.PUSH,
    Origin.OUTBOUND_MESSAGE: Priority.PUSH,
    Origin.CHANGE_EVENT: Priority.PUSH,
    Origin.RECONCILE: Priority.RECONCILE,
    Origin.BACKFILL: Priority.BACKFILL,
    Origin.REPLAY: Priority.BACKFILL,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted hint.

    `key` is made of what the event means (system, account, record, kind, vendor stamp or notification id), so that
    a vendor's retry, however rebuilt, has the same key. `account` is the Salesforce organisation id (15 characters)
    or the Xero tenant id (lower case). `record_id` is None only for `Kind.SCAN`; Salesforce ids have 18 characters,
    Xero ids are lower case. `detail` holds only allow-listed words of the sender, for people to read.
    """

    key: str
    system: System
    account: str
    object: str
    record_id: str | None
    kind: Kind
    origin: Origin
    version: datetime | None = None
    by: str | None = None
    """The user who wrote last, as the sender says; a Salesforce user's id has 18 characters."""
    detail: Mapping[str, str] = field(default_factory=dict[str, str])
    trace: str | None = None
    """The place in a trace that it came from, as W3C writes a traceparent."""


class SequenceRange(NamedTuple):
    """The running numbers of one push from the Xero app behind `connection`: they only tell what is missing."""

    connection: str
    first: int
    last: int


class Arrival(NamedTuple):
    """By which route, as declared, a verified push came, and from which connection."""

    route: str
    connection: str


@dataclass(frozen=True, slots=True)
class Routes:
    """Which lanes an event concerns: lanes by (system, account, object)."""

    lanes: Mapping[tuple[System, str, str], tuple[str, ...]]

    def of(self, event: Event) -> tuple[str, ...]:
        """The lanes that `event` makes work for; empty when no sync names its account and object."""
        return self.lanes.get((event.system, event.account, event.object), ())
