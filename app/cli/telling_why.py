"""The story of a record, as a program and as a person reads it."""

from collections.abc import Iterator
from datetime import datetime

from app.engine.causes import cause_of
from app.engine.ledger import Call, Entry, Question
from app.engine.topics import facts
from app.mapping.values import Value
from app.store.backlog import Standing
from app.store.stories import Story

_STAMP = "%Y-%m-%d %H:%M:%S"


def document(story: Story) -> dict[str, object]:
    """The story as a program reads it, the latest first."""
    return {
        "record": str(story.ref),
        "states": {
            sync: {
                "presence": state.seen.presence,
                "version": state.seen.version,
                "observed_at": state.observed_at,
                "fields": state.seen.fields,
            }
            for sync, state in story.states.items()
        },
        "links": [
            {"sync": sync, "mapping": link.mapping, "salesforce": link.salesforce.id, "xero": link.xero.id}
            | {"base": {name: agreed._asdict() for name, agreed in link.base.items()}}
            for sync, of_sync in story.links.items()
            for link in of_sync
        ],
        "events": [
            {"received_at": told.received_at, "kind": told.kind, "origin": told.origin, "lane": told.lane}
            | {"outcome": told.outcome, "reason": told.reason, "settled_at": told.settled_at}
            for told in story.events
        ],
        "history": [
            {"at": entry.at, "lane": entry.lane, "action": entry.action, "target": entry.target}
            | {"reason": entry.reason, "changes": entry.changes, "outcome": entry.outcome, "error": entry.error}
            | {"call": _call_document(story.calls.get(entry.call_id or 0))}
            for entry in story.history
        ],
        "due": [
            {"lane": each.lane, "since": each.first_due_at, "next_at": each.due_at, "attempts": each.attempts}
            | {"dead_at": each.dead_at, "code": each.code, "reason": each.reason, "waits_for": each.waits_for}
            for each in story.standing
        ],
        "stopped": story.stopped,
        "stops": [
            {"of": each.scope, "begun_at": each.begun_at, "because": each.because, "ended_at": each.ended_at}
            for each in story.stops
        ],
        "questions": [
            {"topic": each.topic, "asked_at": each.asked_at, "detail": each.detail} for each in story.questions
        ],
        "named_in": [
            {"topic": each.topic, "record": str(each.ref), "asked_at": each.asked_at, "detail": each.detail}
            for each in story.named_in
        ],
    }


def lines(story: Story) -> Iterator[str]:
    """The story as a person reads it: what is, what is open, what was decided, what came in."""
    yield str(story.ref)
    for sync, state in story.states.items():
        yield f"  seen by {sync} at {state.observed_at:{_STAMP}}: {state.seen.presence}"
    yield from _of_links(story)
    for each in story.standing:
        yield f"  {_standing(each)}"
    for lane, because in story.stopped.items():
        yield f"  STOPPED: nobody works on {lane}: {because}"
    for question in (*story.questions, *story.named_in):
        yield f"  {_question(question)}"
    for stop in story.stops:
        until = f"to {stop.ended_at:{_STAMP}}" if stop.ended_at else "and still"
        yield f"  from {stop.begun_at:{_STAMP}} {until} stopped: {stop.scope} ({stop.because})"
    for entry in story.history:
        yield from _of_entry(entry, story.calls.get(entry.call_id or 0))
    for told in story.events:
        became = f"{told.outcome}" if told.outcome else "unrouted, for no sync names it"
        because = f" ({told.reason})" if told.reason else ""
        yield f"  {told.received_at:{_STAMP}} event {told.kind} by {told.origin}: {became}{because}"


def _of_links(story: Story) -> Iterator[str]:
    for sync, of_sync in story.links.items():
        for link in of_sync:
            yield f"  linked by {sync} ({link.mapping}): {link.salesforce} = {link.xero}"
            for name, agreed in link.base.items():
                yield f"    {name}: both last agreed on {shown(agreed.salesforce)} = {shown(agreed.xero)}"


def _standing(each: Standing) -> str:
    if each.dead_at:
        cause = cause_of(each.code or "")
        return (
            f"DEAD in {each.lane} since {each.dead_at:{_STAMP}}: {each.code}: {each.reason}. {cause.words} "
            f"Who: {cause.fixer}. Next: {cause.step}"
        )
    if each.waits_for:
        return f"rests in {each.lane} since {each.first_due_at:{_STAMP}}, waits for {each.waits_for}: {each.reason}"
    why = f": {each.reason}" if each.reason else ""
    return f"due in {each.lane} since {each.first_due_at:{_STAMP}}, next look at {each.due_at:{_STAMP}}{why}"


def _question(question: Question) -> str:
    asked = f"{question.asked_at:{_STAMP}} " if question.asked_at else ""
    told = ", ".join(f"{name}: {shown(value)}" for name, value in facts(question).items())
    return f"{asked}QUESTION {question.topic} about {question.ref}: {told}"


def _of_entry(entry: Entry, call: Call | None) -> Iterator[str]:
    target = f" in {entry.target}" if entry.target else ""
    yield f"  {entry.at:{_STAMP}} {entry.action}{target}: {entry.reason} ({entry.outcome})"
    for name, change in entry.changes.items():
        yield f"    {name}: {_change(change)}"
    if call:
        yield f"    call {call.id}: {call.request.method} {call.request.target} sent {call.sent_at:{_STAMP}}"
        yield f"    {_answer(call, entry)}"
    elif entry.error:
        yield f"    {entry.error}"


def _change(change: Value) -> str:
    match change:
        case {"before": before, "after": after, "rule": rule}:
            return f"{shown(before)} -> {shown(after)}, {rule}"
        case {"salesforce": salesforce, "xero": xero}:
            return f"agreed on {shown(salesforce)} = {shown(xero)}"
    return shown(change)


def _answer(call: Call, entry: Entry) -> str:
    when = f" at {call.answered_at:{_STAMP}}" if isinstance(call.answered_at, datetime) else ""
    vendor = f", vendor's request id {call.request_id}" if call.request_id else ""
    wrong = f", {entry.error or call.error}" if entry.error or call.error else ""
    return f"{call.result}{when}{vendor}{wrong}"


def _call_document(call: Call | None) -> dict[str, object] | None:
    if call is None:
        return None
    return {
        "id": call.id,
        "method": call.request.method,
        "target": call.request.target,
        "idempotency_key": call.request.idempotency_key,
        "sent_at": call.sent_at,
        "answered_at": call.answered_at,
        "result": call.result,
        "request_id": call.request_id,
        "error": call.error,
    }


def shown(value: Value) -> str:
    """A value as people read it."""
    match value:
        case None:
            return "nothing"
        case str():
            return repr(value)
        case dict():
            return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
        case list():
            return ", ".join(shown(item) for item in value)
    return str(value)
