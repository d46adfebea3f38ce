"""What the planner is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from app.engine.actions import Element, Verb
from app.engine.ledger import Decision, Decisions
from app.engine.match import Matched
from app.engine.records import Agreed, Base, Link, RecordRef, State, System
from app.mapping import model
from app.mapping.values import Value


class Action(StrEnum):
    """What a plan comes to, in one word."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    RESTORE = "restore"
    NOTHING = "nothing"
    FILTERED = "filtered"
    WAIT = "wait"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Merge:
    """A record of a link that was merged into another: the survivor, and what that one is linked to, if anything."""

    loser: RecordRef
    survivor: RecordRef
    rival: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a plan depends on.

    At least one state is given. Without a link, `matched` is what matching found for the record; the state of a
    matched record is given too. `decisions` are what people answered about the pair and no plan has followed yet.
    """

    mapping: model.Mapping
    salesforce: State | None
    xero: State | None
    link: Link | None = None
    matched: Matched = field(default_factory=Matched)
    in_doubt_until: datetime | None = None
    """An earlier write to the pair may still be carried out until then."""
    decisions: Decisions = field(default_factory=dict[str, Decision])
    merge: Merge | None = None

    @property
    def base(self) -> Base:
        """What both sides last agreed on; nothing while they are not linked."""
        return self.link.base if self.link else {}


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a plan: raw fields for the target, and the pairs of values that both sides then agree on."""

    target: System
    verb: Verb
    element: Element
    carries: Base
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for a person: one topic a record, with what the person needs to see."""

    topic: str
    detail: Mapping[str, Value]
    other: RecordRef | None = None
    """The record whose change may settle it by itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a pair.

    `agreed` are values both sides hold already and only the base must learn; `link` says that the two records of the
    situation are to be tied before anything is written; `look_at` is when to plan again. `left` are the topics that
    would be asked, had a person not said to leave them as they are.
    """

    action: Action
    reason: str
    writes: tuple[Write, ...] = ()
    agreed: Base = field(default_factory=dict[str, Agreed])
    link: bool = False
    questions: tuple[Ask, ...] = ()
    look_at: datetime | None = None
    left: frozenset[str] = frozenset()

    def learning(self, more: Base) -> "Plan":
        """The same plan, which also lets the base learn `more`."""
        return replace(self, agreed={**self.agreed, **more}) if more else self
