"""Troubles: what stands in the way at this moment and needs somebody, decided from facts alone.

Words hold names of ours and the operator's, codes, counts and times; never a customer's data, never a secret.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.engine.actions import Verb
from app.engine.causes import cause_of
from app.engine.events import Arrival
from app.engine.silence import Found, is_silent, told_of
from app.engine.usage import Tally
from app.mapping.values import System

FEW = 0.1
"""The share of a day's calls below which the quota is nearly used."""

ENDS_AFTER = timedelta(days=60)
"""After so long without use Xero ends a sign-in."""

UNUSED = timedelta(days=30)
"""After so long without being renewed tokens are in danger: a worker renews them daily."""

Connection = tuple[System, str]
"""A connection: the system, and its name in the settings."""


class Kind(StrEnum):
    """What kind of trouble it is."""

    FAILURE = "failure"
    """Records became dead letters."""
    LAG = "lag"
    """Work waits for too long."""
    HELD = "held"
    """A lane is stopped until a person lets it go on."""
    SIGN_IN = "sign_in"
    """A vendor refuses the sign-in, or soon will."""
    SILENCE = "silence"
    """Pushes do not come."""
    QUOTA = "quota"
    """The calls of the day are nearly used."""
    GAP = "gap"
    """A system was not read for longer than it can tell what happened."""
    QUESTION = "question"
    """Only a person can decide. Told in the digest."""

    @property
    def is_told_at_once(self) -> bool:
        """Whether somebody must know at once."""
        return self is not Kind.QUESTION

    @property
    def in_short(self) -> str:
        """The kind in a few words."""
        return _TITLES[self]

    @property
    def is_counted(self) -> bool:
        """Whether more of the same is worth telling."""
        return self in {Kind.FAILURE, Kind.QUESTION}


_TITLES: Mapping[Kind, str] = {
    Kind.FAILURE: "a record was refused",
    Kind.LAG: "work waits",
    Kind.HELD: "a lane is held",
    Kind.SIGN_IN: "the sign-in lapses",
    Kind.SILENCE: "pushes do not come",
    Kind.QUOTA: "the day's calls are nearly used",
    Kind.GAP: "not read for too long",
    Kind.QUESTION: "questions wait",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: of which kind, with what, since when, and what to do about it."""

    kind: Kind
    subject: str
    words: str
    remedy: str
    since: datetime
    count: int = 1


class Several(NamedTuple):
    """How many of something there are, and since when the first of them."""

    number: int
    since: datetime


class Held(NamedTuple):
    """Since when a lane is held; by the guard for writes of `verb`, by a person without one."""

    at: datetime
    verb: Verb | None


class Reading(NamedTuple):
    """An object of a system that a sync reads whole."""

    sync: str
    system: System
    object: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database tells at `at`."""

    at: datetime
    waiting: Mapping[str, Several]
    """By lane: live work that waits, put off or not, but not in a lane that is stopped."""
    held: Mapping[str, Held]
    dead: Mapping[tuple[str, str], Several]
    """By lane and code."""
    questions: Mapping[str, Several]
    lapsed_at: Mapping[Connection, datetime]
    tokens_saved_at: Mapping[Connection, datetime]
    used: Sequence[Tally]
    """Of this day."""
    found: Mapping[Connection, Found]
    pushed_at: Mapping[Arrival, datetime]
    reading_whole: Mapping[Reading, datetime]


@dataclass(frozen=True, slots=True)
class Installation:
    """What the sync files and the settings say."""

    lanes: Collection[str]
    daily_limits: Mapping[Connection, int]
    """Of every connection."""
    renewed: Collection[Connection]
    """Those whose tokens end for lack of use."""
    arrivals: Mapping[Connection, Collection[Arrival]]
    """By what each connection is heard."""
    patience: timedelta
    """How long work may wait."""


def troubles(facts: Facts, of: Installation) -> list[Trouble]:
    """All troubles there are now."""
    return [
        *_failures(facts, of),
        *_lags(facts, of),
        *_holds(facts, of),
        *_sign_ins(facts, of),
        *_silences(facts, of),
        *_quotas(facts, of),
        *_gaps(facts),
        *_questions(facts, of),
    ]


def gap(read: Reading, since: datetime) -> Trouble:
    """An object was not read for so long that its system can no longer say what was deleted."""
    words = (
        f"{read.system} {read.object} of sync {read.sync} was not read for longer than {read.system} says what was "
        "deleted: all of it is read, and whatever is missing is looked at"
    )
    remedy = "nothing: it is told when all is read. That Crossbook runs all the time keeps it from happening again"
    return Trouble(Kind.GAP, f"{read.sync} {read.system} {read.object}", words, remedy, since)


def _failures(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for (lane, code), dead in facts.dead.items():
        if lane in of.lanes:
            cause = cause_of(code)
            words = f"{_records(dead.number)} of {lane} cannot be carried over ({code}): {cause.words}"
            remedy = f"crossbook errors names them. Who: {cause.fixer}. Next: {cause.step}"
            yield Trouble(Kind.FAILURE, f"{lane} {code}", words, remedy, dead.since, dead.number)


def _lags(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for lane, work in facts.waiting.items():
        if lane in of.lanes and facts.at - work.since > of.patience:
            words = f"work of {lane} has waited since {_time(work.since)} ({_records(work.number)})"
            yield Trouble(Kind.LAG, lane, words, "crossbook status says why; crossbook check looks for it", work.since)


def _holds(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for lane, held in facts.held.items():
        if lane in of.lanes:
            who = f"the guard: too many writes of the kind {held.verb} at once" if held.verb else "a person"
            words = f"{lane} is held by {who}; nothing is written there"
            remedy = f"crossbook status says why; when it was meant, crossbook release {lane}"
            yield Trouble(Kind.HELD, lane, words, remedy, held.at)


def _sign_ins(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for connection, at in facts.lapsed_at.items():
        if connection in of.daily_limits:
            words = f"{_named(connection)}: the sign-in is refused; nothing is read or written there"
            remedy = f"crossbook connect {_named(connection)}; crossbook check says why"
            yield Trouble(Kind.SIGN_IN, _named(connection), words, remedy, at)
    for connection, at in facts.tokens_saved_at.items():
        unused = facts.at - at
        if connection in of.renewed and connection not in facts.lapsed_at and unused > UNUSED:
            ends = _time(at + ENDS_AFTER)
            words = f"{_named(connection)}: the sign-in was not renewed for {unused.days} days and ends at {ends}"
            remedy = f"see that a crossbook worker runs; if that does not help, crossbook connect {_named(connection)}"
            yield Trouble(Kind.SIGN_IN, _named(connection), words, remedy, at + UNUSED)


def _silences(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for connection, found in facts.found.items():
        heard = [facts.pushed_at[each] for each in of.arrivals.get(connection, ()) if each in facts.pushed_at]
        answered = told_of(found.changed_at, max(heard, default=None))
        if connection in of.arrivals and is_silent(connection[0], found, facts.at) and not answered:
            last = f"none came since {_time(max(heard))}" if heard else "none ever came"
            words = f"{_named(connection)}: pushes do not come; {last}, and reconcile found what was changed"
            yield Trouble(Kind.SILENCE, _named(connection), words, _UNHEARD[connection[0]], found.found_at)


def _quotas(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for used in facts.used:
        limit = of.daily_limits.get((used.system, used.connection))
        left = _left(used, limit) if limit else None
        if limit and left is not None and left < FEW * limit:
            words = f"{used.system} {used.connection}: {left:,} of the day's {limit:,} calls are left"
            yield Trouble(Kind.QUOTA, f"{used.system} {used.connection}", words, _FEW, used.told_at or facts.at)


def _left(used: Tally, limit: int) -> int:
    """What is left by the vendor's count or by ours, whichever is less."""
    ours = max(0, limit - used.calls)
    return ours if used.calls_left is None else min(ours, used.calls_left)


def _gaps(facts: Facts) -> Iterator[Trouble]:
    return (gap(read, since) for read, since in facts.reading_whole.items())


def _questions(facts: Facts, of: Installation) -> Iterator[Trouble]:
    for lane, open_ones in facts.questions.items():
        if lane in of.lanes:
            words = f"{lane}: questions that wait for an answer: {open_ones.number}"
            yield Trouble(
                Kind.QUESTION, lane, words, "crossbook questions shows them", open_ones.since, open_ones.number
            )


_UNHEARD = {
    System.XERO: (
        "crossbook webhooks tells what to register. Xero switches a webhook off after a day of failures: look at "
        "developer.xero.com, and press Send 'Intent to receive'. Until then changes arrive by reconcile, later"
    ),
    System.SALESFORCE: (
        "crossbook webhooks tells what to register. Look in Setup at Outbound Messages, their delivery status, and at "
        "the flow that sends them. Until then changes arrive by reconcile, later"
    ),
}
_FEW = (
    "nothing is lost: what is not done today is done tomorrow. Give other apps less to do, or have the vendor allow "
    "more calls"
)


def _named(connection: Connection) -> str:
    return f"{connection[0]} {connection[1]}"


def _records(count: int) -> str:
    return "one record" if count == 1 else f"{count:,} records"


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
