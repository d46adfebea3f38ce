"""What the store keeps for the engine: due records, leases, calls, intents, questions, history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.engine.actions import Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import Base, RecordRef
from app.mapping.values import System, Value


class Outcome(StrEnum):
    """What a lane made of an event. Every accepted event ends in exactly one of these, or still waits."""

    PENDING = "pending"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    FILTERED = "filtered"
    SUPERSEDED = "superseded"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to drain a lane, as taken. Settling with another epoch than the row's is refused."""

    lane: str
    owner: str
    epoch: int
    expires_at: datetime

    @property
    def sync(self) -> str:
        return self.lane.partition("/")[0]


@dataclass(frozen=True, slots=True)
class DueRecord:
    """A record that must be looked at, as claimed. `mark` is its counter at that time.

    `echo_version` is the newest stamp of the pushes that made it due, if all have one; `echo_by` is the user who wrote
    last by every one of them, `trace` the place in a trace that the newest came from.
    """

    ref: RecordRef
    mark: int
    priority: Priority
    attempts: int
    first_due_at: datetime
    echo_version: datetime | None = None
    echo_by: str | None = None
    trace: str | None = None


class CallResult(StrEnum):
    """How a call ended. `open` is a call whose answer nobody has recorded yet.

    Of those in doubt, a `failed` one was answered with an error, and a `repeated` one was sent a second time: neither
    is sent again.
    """

    OPEN = "open"
    ANSWERED = "answered"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    REPEATED = "repeated"
    NOT_DONE = "not_done"


class IntentResult(StrEnum):
    """How one element of a call ended."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Intent:
    """One element of a call, and what becomes true once the vendor acknowledges it.

    `carries` is, for each field rule that the element writes, the pair of values both sides will then agree on.
    `id` and `target_id` are 0 and None until known.
    """

    id: int
    mapping: str
    slot: str
    link_id: int | None
    verb: Verb
    source: RecordRef
    target_system: System
    target_object: str
    target_id: str | None
    element: Element
    carries: Base
    result: IntentResult = IntentResult.OPEN


@dataclass(frozen=True, slots=True)
class Call:
    """A write to a vendor, committed before it is sent."""

    id: int
    lane: str
    epoch: int
    system: System
    request: Request
    sent_at: datetime
    intents: tuple[Intent, ...]
    result: CallResult = CallResult.OPEN
    answered_at: datetime | None = None
    request_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a person must decide. One topic is open at most once for a record.

    `id` is 0 and `asked_at` None until it is stored.
    """

    lane: str
    mapping: str
    ref: RecordRef
    topic: str
    detail: Mapping[str, Value] = field(default_factory=dict[str, Value])
    other: RecordRef | None = None
    """The record whose change would settle the question by itself."""
    asked_at: datetime | None = None
    id: int = 0


class Take(StrEnum):
    """What a person answers to a question."""

    SALESFORCE = "salesforce"
    """What stands in Salesforce shall stand."""
    XERO = "xero"
    """What stands in Xero shall stand."""
    CREATE = "create"
    """None of the candidates is it: make a new record."""
    GONE = "gone"
    """What is not shown any more is gone for good."""
    LEAVE = "leave"
    """Leave everything as it is, and do not ask again while nothing changes."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer to a question that no plan has followed yet, and what the question showed at that time."""

    question_id: int
    take: Take
    shown: Mapping[str, Value] = field(default_factory=dict[str, Value])


Decisions = Mapping[str, Decision]
"""The decisions about one pair, by the question's topic."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of history: what was decided about a pair, by which rule, and what then happened.

    `changes` has an entry per field rule that was touched: `{"target", "before", "after", "rule"}`.
    """

    at: datetime
    lane: str
    epoch: int
    mapping: str
    salesforce_object: str
    salesforce_id: str | None
    xero_object: str
    xero_id: str | None
    action: str
    target: System | None
    reason: str
    changes: Mapping[str, Value]
    outcome: str
    call_id: int | None = None
    error: str | None = None
    id: int = 0
