"""What became of a write whose answer never came: decided by looking at its targets.

A killed worker's request may still be running at the vendor. So within `RUNNING_SECONDS` of sending, a write that shows
no effect may only be repeated byte for byte under its key, once; afterwards what the target shows is the truth. A
vendor that answered with an error would only repeat its answer, so that write is not sent again at all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from app.engine.actions import Verb
from app.engine.ledger import Call, CallResult, Intent
from app.engine.records import Base, Observation, Presence, State, System
from app.mapping.model import Mapping

RUNNING_SECONDS = 120
"""Longest that a request may still be carried out after it was sent."""


SLACK = timedelta(seconds=30)
"""By how much the vendor's clock and ours may differ."""


class Trace(StrEnum):
    """What a target shows of one doubtful element."""

    CARRIED_OUT = "carried_out"
    UNTOUCHED = "untouched"
    CHANGED_OTHERWISE = "changed_otherwise"
    UNKNOWN = "unknown"
    """The vendor does not show it."""


class Remedy(StrEnum):
    """What to do about a doubtful call."""

    SETTLE = "settle"
    """Believe what was seen: elements without a trace were not carried out."""
    RESEND = "resend"
    """Send the stored body once more under its key, if that has not been done before."""
    WAIT = "wait"
    """Look again when the request can no longer be running."""


def may_be_of(
    call: Call,
    intent: Intent,
    found: Observation,
    *,
    mapping: Mapping | None,
    state: State | None,
    parted: frozenset[str],
) -> bool:
    """Whether `call` may have written what was found for `intent`; `state` is what was known of it, if anything.

    No create in Xero made what a person took apart from its source (`parted`), nor what is older than the call and
    holds something else. In Salesforce a create writes over whoever carries its key.
    """
    if intent.verb is not Verb.CREATE or intent.target_system is System.SALESFORCE:
        return True
    if found.ref.id in parted:
        return False
    return _holds_what_was_sent(intent, mapping, found) or not _is_older(state, call)


def _holds_what_was_sent(intent: Intent, mapping: Mapping | None, found: Observation) -> bool:
    side = intent.target_system
    rules = [rule for rule in mapping.fields if rule.name in intent.carries] if mapping else []
    return all(rule.lens(side).read(found.fields) == intent.carries[rule.name].side(side) for rule in rules)


def _is_older(state: State | None, call: Call) -> bool:
    """Whether a record was there before the call. A value that is as it was keeps the stamp of its first look."""
    if state is None:
        return False
    return state.observed_at <= call.sent_at or any(at < call.sent_at - SLACK for at in state.stamps.values())


def trace(intent: Intent, mapping: Mapping, base: Base, target: Observation | None) -> Trace:
    """What the target, as found by its id or by the natural key of a create, shows of `intent`.

    A record that is gone and carries the key of a create is an older one: what is created is live.
    """
    live = target is not None and target.presence is Presence.LIVE
    if intent.verb in {Verb.CREATE, Verb.RESTORE}:
        return Trace.CARRIED_OUT if live else Trace.UNTOUCHED
    if intent.verb is Verb.ARCHIVE:
        gone = target is not None and target.presence in {Presence.ARCHIVED, Presence.DELETED}
        return Trace.CARRIED_OUT if gone else Trace.UNTOUCHED
    if target is None or not live:
        return Trace.CHANGED_OTHERWISE
    return _trace_of_update(intent, mapping, base, target)


def _trace_of_update(intent: Intent, mapping: Mapping, base: Base, target: Observation) -> Trace:
    """An element is written whole or not at all: one new value, and none that is as of old, proves all of it."""
    side = intent.target_system
    rules = {rule.name: rule.lens(side) for rule in mapping.fields if rule.name in intent.carries}
    now = {name: lens.read(target.fields) for name, lens in rules.items()}
    sent = {name: intent.carries[name].side(side) for name in rules}
    old = {name: base[name].side(side) for name in rules if name in base}
    if now == sent:
        return Trace.CARRIED_OUT
    if now == old:
        return Trace.UNTOUCHED
    told = [name for name in rules if name in old and sent[name] != old[name]]
    if any(now[name] == sent[name] for name in told) and not any(now[name] == old[name] for name in told):
        return Trace.CARRIED_OUT
    return Trace.CHANGED_OTHERWISE


def remedy(call: Call, traces: Sequence[Trace], now: datetime) -> Remedy:
    """What to do about `call`, given what each of its elements shows."""
    if all(found is Trace.CARRIED_OUT for found in traces) or now >= settled_at(call):
        return Remedy.SETTLE
    young = now < call.sent_at + timedelta(seconds=RUNNING_SECONDS)
    repeatable = young and call.result in {CallResult.OPEN, CallResult.DOUBTFUL}
    return Remedy.RESEND if repeatable and set(traces) <= {Trace.CARRIED_OUT, Trace.UNTOUCHED} else Remedy.WAIT


def settled_at(call: Call) -> datetime:
    """When the request can no longer be running at the vendor.

    What was noted last of a doubtful call is that it was given up, or was about to be sent once more.
    """
    return max(call.sent_at, call.answered_at or call.sent_at) + timedelta(seconds=RUNNING_SECONDS)
