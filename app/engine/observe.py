"""What was seen becomes a state; and when a state is good enough not to look again."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.actions import Done, Element, Verb
from app.engine.ledger import DueRecord
from app.engine.records import Observation, Presence, RecordRef, State, System
from app.errors import ConditionFailed
from app.mapping.model import Lens
from app.mapping.values import Value

FRESH_SECONDS = 10
"""How old a look at a counterpart may be when it is written."""


def observed(before: State | None, seen: Observation, lenses: Iterable[Lens], at: datetime) -> State:
    """The state after `seen`. A value that did not change keeps the stamp under which it was first observed.

    `at` is the instant before the look was begun, so that nothing that happened later counts as seen. A version older
    than the one known comes from a replica that lags, and says nothing; nor does a deleted record that is not shown
    any more, as its evidence only ages.
    """
    if before and before.seen.version and seen.version and seen.version < before.seen.version:
        return before
    if seen.presence is Presence.INVISIBLE and before:
        if before.seen.presence is Presence.DELETED:
            return replace(before, observed_at=at)
        kept = before.seen
        seen = replace(seen, version=kept.version, fields=kept.fields, merged_into=kept.merged_into)
    read_by = list(lenses)
    seen = _completed(before, seen, read_by)
    return State(seen, dict(_stamps(before, seen, read_by)), at)


def acknowledged(before: State | None, ref: RecordRef, verb: Verb, element: Element, done: Done) -> Observation:
    """What the target holds after a write: what the answer says, else what was sent on top of what it held."""
    if done.seen:
        parts = {name: value for name, value in before.seen.fields.items() if name in done.lacks} if before else {}
        return replace(done.seen, fields={**parts, **done.seen.fields})
    named = {element.key_field: element.key} if element.key_field else {}
    held = before.seen.fields if before else {}
    presence = Presence.ARCHIVED if verb is Verb.ARCHIVE else Presence.LIVE
    return Observation(ref, presence, before.seen.version if before else None, {**held, **named, **element.fields})


def needs_look(due: DueRecord, state: State | None, user: str | None = None) -> bool:
    """Whether a due record must be read: not when our state already holds what its pushes spoke of.

    Xero stamps to the millisecond, so an equal stamp is the same version. Salesforce stamps to the second, so an equal
    stamp may hide a later edit of that second, unless every push names `user`, whom our own writes carry.
    """
    if state is None or state.seen.version is None or due.echo_version is None:
        return True
    if due.ref.system is System.XERO:
        return due.echo_version > state.seen.version
    if due.echo_version == state.seen.version:
        return user is None or due.echo_by != user
    return due.echo_version > state.seen.version


def was_seen(state: State | None) -> bool:
    """Whether more is known of a record than what we wrote to it: an answer that shows no record gives no version."""
    return state is not None and (state.seen.version is not None or state.seen.presence is not Presence.LIVE)


def is_fresh(state: State, now: datetime) -> bool:
    """Whether a counterpart was seen so recently that it may be written without another look."""
    return now - state.observed_at <= timedelta(seconds=FRESH_SECONDS)


def _completed(before: State | None, seen: Observation, lenses: Iterable[Lens]) -> Observation:
    """What Salesforce does not show of a record is as it was: it shows even what is null, and parts only to a read."""
    if before is None or seen.ref.system is System.XERO:
        return seen
    wanted = frozenset[str]().union(*(lens.keys for lens in lenses)) - seen.fields.keys()
    kept = {name: value for name, value in before.seen.fields.items() if name in wanted}
    return replace(seen, fields={**seen.fields, **kept}) if kept else seen


def _stamps(before: State | None, seen: Observation, lenses: Iterable[Lens]) -> Iterator[tuple[str, datetime]]:
    for lens in lenses:
        known = before.stamps.get(lens.path) if before else None
        if before and known and _read(lens, before.seen) == _read(lens, seen):
            yield lens.path, known
        elif stamps := [seen.stamps[key] for key in lens.keys if key in seen.stamps]:
            yield lens.path, max(stamps)
        elif seen.version:
            yield lens.path, seen.version


def _read(lens: Lens, seen: Observation) -> Value:
    """What cannot be read has no value yet; whoever plans with it says why."""
    try:
        return lens.read(seen.fields)
    except ConditionFailed:
        return None
