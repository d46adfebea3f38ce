"""What a write that was in doubt has left, and what of it is folded into base. Pure."""

from datetime import datetime

from app.engine.actions import Answer, Declined, Done, Verb
from app.engine.doubt import Trace, trace
from app.engine.hidden_parts import with_missing
from app.engine.lane import Lane
from app.engine.ledger import Call, Entry, Intent, IntentResult
from app.engine.memory import Recollection, Settled
from app.engine.observe import acknowledged, observed
from app.engine.records import Base, Link, Observation, Presence, RecordRef, System
from app.engine.settle import carried, new_link
from app.mapping import model

_FOUND = "a write in doubt was found to be carried out"
_SENT_AGAIN = "a write in doubt was sent once more, and answered"


def traced(lane: Lane, intent: Intent, known: Recollection, seen: Observation | None) -> Trace:
    """What the target of an element, as it was seen, shows of it."""
    mapping = _mapping(lane, intent)
    if mapping is None:
        created = intent.verb is Verb.CREATE and seen is not None and seen.presence is Presence.LIVE
        return Trace.CARRIED_OUT if created else Trace.UNTOUCHED
    return trace(intent, mapping, _base(intent, known), seen)


def result_of(answer: Answer | None) -> tuple[IntentResult, str | None]:
    """How an element ended, and the id of what it made."""
    match answer:
        case Done():
            return IntentResult.DONE, answer.id
        case Declined():
            return IntentResult.REFUSED, None
    return IntentResult.NOT_DONE, None


def folded(
    lane: Lane, call: Call, intent: Intent, done: Done, known: Recollection, now: datetime, *, acknowledges: bool
) -> Settled:
    """What to commit of an element that was carried out.

    An answer `acknowledges` the values it holds. A mere look does not: what differs from what was sent may be an edit
    made since, so base is what was sent.
    """
    mapping = _mapping(lane, intent)
    ref = RecordRef(intent.target_system, intent.target_object, done.id)
    if mapping is None:
        return Settled(())
    before = known.states.get(ref)
    seen = acknowledged(before, ref, intent.verb, intent.element, done)
    seen = with_missing(lane.sync, before, seen) if before else seen
    state = observed(before, seen, lane.lenses(ref.system, ref.object), now)
    pairs = carried(mapping, intent.carries, state) if acknowledges else intent.carries
    link = _link(intent, known)
    entry = _entry(call, intent, now, ref, link.base if link else {}, _SENT_AGAIN if acknowledges else _FOUND)
    if link:
        return Settled((), states=(state,), base=(link.id, {**link.base, **pairs}), entries=(entry,))
    bind = new_link(mapping, intent.source, ref, pairs) if intent.verb is Verb.CREATE else None
    return Settled((), states=(state,), bind=bind, entries=(entry,))


def _entry(call: Call, intent: Intent, now: datetime, target: RecordRef, before: Base, reason: str) -> Entry:
    side = intent.target_system
    salesforce, xero = sorted((intent.source, target))
    return Entry(
        at=now,
        lane=call.lane,
        epoch=call.epoch,
        mapping=intent.mapping,
        salesforce_object=salesforce.object,
        salesforce_id=salesforce.id,
        xero_object=xero.object,
        xero_id=xero.id,
        action=intent.verb,
        target=intent.target_system,
        reason=reason,
        changes={
            name: {
                "target": side.value,
                "before": before[name].side(side) if name in before else None,
                "after": pair.side(side),
                "rule": "as it was sent",
            }
            for name, pair in intent.carries.items()
        },
        outcome="done",
        call_id=call.id,
    )


def _mapping(lane: Lane, intent: Intent) -> model.Mapping | None:
    objects = {intent.source.system: intent.source.object, intent.target_system: intent.target_object}
    return lane.heir(intent.mapping, objects[System.SALESFORCE], objects[System.XERO], intent.carries)


def _link(intent: Intent, known: Recollection) -> Link | None:
    return next((link for link in known.links.get(intent.source, ()) if link.id == intent.link_id), None)


def _base(intent: Intent, known: Recollection) -> Base:
    link = _link(intent, known)
    return link.base if link else {}
