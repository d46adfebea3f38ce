"""Elements of a write and what a vendor answered to each."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.engine.records import Observation
from app.mapping.values import Fields, Json


class Verb(StrEnum):
    """What a write does to its target record."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    RESTORE = "restore"
    """Bring an archived record back; nothing else of it is written."""


@dataclass(frozen=True, slots=True)
class Element:
    """One record's part of a write.

    `id` is the target's id, None for a create. `key_field` and `key` are the natural key that a create carries so
    that it can be found again: in Xero the field `ContactNumber` holds the Salesforce id, in Salesforce the external
    id field holds the Xero id. `fields` are raw, in the target system's names, only those that change.
    """

    id: str | None
    fields: Fields = field(default_factory=dict[str, Json])
    key_field: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A write as it goes over the wire, frozen: a retry sends `body` byte for byte under the same key.

    `target` is the path with its query, below the API's root.
    """

    method: str
    target: str
    body: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Done:
    """The vendor carried an element out. `seen` is the record as acknowledged, where the answer holds it.

    `lacks` names what an observation has beside the record's own fields and this one has not: its parts.
    """

    id: str
    seen: Observation | None = None
    warnings: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Declined:
    """The vendor did not carry an element out.

    `code` is a word of ours from the connectors' error table; `message` is the vendor's text. `passes` says that the
    same element may well be accepted later without anybody doing anything (a row lock). `taken` says that the name,
    number or key exists already: somebody must be looked up rather than told. `rivals` are the ids of those who have
    it, where the vendor names them.
    """

    code: str
    message: str
    passes: bool = False
    taken: bool = False
    rivals: tuple[str, ...] = ()


Answer = Done | Declined
"""What came of one element of a write."""
