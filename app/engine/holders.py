"""Who has the name or number that a vendor says is taken, and who is freed when it is given up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.engine.actions import Declined, Verb
from app.engine.apply import Job
from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import Question
from app.engine.records import Observation, Presence, RecordRef, State, System
from app.mapping.values import Json

_NUMBERS = ("ContactNumber", "AccountNumber")
_UNIQUE_AMONG_ACTIVE = frozenset({"Name", "AccountNumber"})


@dataclass(frozen=True, slots=True)
class Holder:
    """The record that has what ours may not have too; `counterpart` is what it is linked to.

    `field` and `value` are None where a vendor names the record and not what is shared, as a duplicate rule does.
    """

    field: str | None
    value: str | None
    ref: RecordRef
    counterpart: RecordRef | None = None


async def find_holder(
    bench: Bench, job: Job, declined: Declined, state: State | None, priority: Priority
) -> Holder | None:
    """Who has what the refused write of `job` claims; None where nobody shows. `state` is the target as last seen.

    Raises a `VendorError` when the vendor cannot be asked.
    """
    target, own = job.write.target, job.write.element.id
    name = job.case.mapping.object(target)
    for rival in (RecordRef(target, name, id) for id in declined.rivals if id != own):
        field, value = next(_claimed(job, declined, state), (None, None))
        return Holder(field, value, rival, await _counterpart(bench, rival))
    fields = bench.lane.fields(target, name)
    for field, value in _claimed(job, declined, state):
        found = await bench.connectors[target].find(name, field, [value], fields | {field}, priority)
        others = sorted((seen for seen in found if seen.ref.id != own), key=_rank)
        if others:
            return Holder(field, value, others[0].ref, await _counterpart(bench, others[0].ref))
    return None


def freed(case: Case, states: Mapping[RecordRef, State]) -> tuple[RecordRef, ...]:
    """The records that wait for a name or number which a record of `case` does not have any more, or may not have."""
    return tuple(
        question.ref
        for question in case.waiting
        if question.other and (state := states.get(question.other)) and _gave_up(state.seen, question)
    )


def _claimed(job: Job, declined: Declined, state: State | None) -> Iterator[tuple[str, str]]:
    """What the write claims for its record that only one may have, by field."""
    element = job.write.element
    held = state.seen.fields if state and job.write.verb is Verb.RESTORE else {}
    own: dict[str, Json] = {element.key_field: element.key} if element.key_field else {}
    claimed: dict[str, Json] = {**held, **element.fields, **own}
    keys = _NUMBERS if job.write.target is System.XERO else tuple(own)
    by_code = {"name_taken": ("Name",), "duplicate_rule": ()}
    for field in by_code.get(declined.code, keys):
        value = claimed.get(field)
        if isinstance(value, str) and value.strip():
            yield field, value


def _rank(seen: Observation) -> bool:
    """Live records first: an archived one mostly gives its name free."""
    return seen.presence is not Presence.LIVE


async def _counterpart(bench: Bench, ref: RecordRef) -> RecordRef | None:
    links = (await bench.memory.recall([ref])).links.get(ref, ())
    return links[0].ref(ref.system.other) if links else None


def _gave_up(seen: Observation, question: Question) -> bool:
    field, value = question.detail.get("field"), question.detail.get("value")
    if question.topic == "ambiguous":
        return seen.presence is not Presence.LIVE
    if question.topic == "ended":
        return seen.presence is Presence.LIVE
    if question.topic == "key_held" and seen.presence is not Presence.LIVE:  # an upsert passes over what is deleted
        return True
    if not isinstance(field, str) or not isinstance(value, str):  # a rule of the org's, of which only the org can tell
        return True
    if seen.presence is not Presence.LIVE and field in _UNIQUE_AMONG_ACTIVE:
        return True
    return field in seen.fields and _plain(seen.fields[field]) != _plain(value)


def _plain(value: Json) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else ""
