"""What was seen becomes a state; and when a state is good enough not to look again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.actions import Done, Element, Verb
from app.engine.ledger import DueRecord
from app.engine.records import Observation, Presence, RecordRef, State, System
from app.mapping.model import Lens

FRESH_SECONDS = 10
"""How old a look at a counterpart may be when it is written."""


def observed(before: State | None, seen: Observation, lenses: Iterable[Lens], at: datetime) -> State:
    """The state after `seen`. A value that did not change keeps the stamp under which it was first observed.

    `at` is the instant before the look was begun, so that nothing that happened later counts as seen. A version older
    than the one known comes from a replica that lags, and says nothing.
    """
    if before and before.seen.version and seen.version and seen.version < before.seen.version:
        return before
    if seen.presence is Presence.INVISIBLE and before:
        seen = replace(seen, version=before.seen.version, fields=before.seen.fields)
    return State(seen, dict(_stamps(before, seen, lenses)), at)


def acknowledged(before: State | None, ref: RecordRef, verb: Verb, element: Element, done: Done) -> Observation:
    """What the target holds after a write: what the answer says, else what was sent on top of what it held."""
    if done.seen:
        return done.seen
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


def _stamps(before: State | None, seen: Observation, lenses: Iterable[Lens]) -> Mapping[str, datetime]:
    stamps: dict[str, datetime] = {}
    for lens in lenses:
        known = before.stamps.get(lens.path) if before else None
        if before and known and lens.read(before.seen.fields) == lens.read(seen.fields):
            stamps[lens.path] = known
        elif seen.version:
            stamps[lens.path] = seen.version
    return stamps
