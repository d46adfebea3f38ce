"""Looking at what was written where the answer does not show it, and a vendor may have kept what was to be emptied."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from app.engine.actions import Done, Verb
from app.engine.apply import Dispatch, Job
from app.engine.bench import Bench
from app.engine.reading import read_by_id
from app.engine.records import Observation, Presence, System
from app.errors import NotDone
from app.mapping.values import Value


async def read_back(bench: Bench, dispatch: Dispatch) -> None:
    """Show what Xero holds now of the records in which something was to be emptied.

    What cannot be read counts as it was sent; so does what somebody has edited since, as the edit is none that we made.
    """
    unshown: dict[str, dict[str, int]] = defaultdict(dict)
    for position, job in enumerate(dispatch.jobs):
        sent = dispatch.sent[position]
        if isinstance(sent, Done) and sent.seen is None and _empties(job):
            unshown[job.case.mapping.object(System.XERO)][sent.id] = position
    for name, positions in unshown.items():
        try:
            seen, _ = await read_by_id(bench, System.XERO, name, list(positions), dispatch.priority)
        except NotDone:
            continue
        for each in seen:
            sent = dispatch.sent[positions[each.ref.id]]
            if isinstance(sent, Done) and holds_what_was_sent(dispatch.jobs[positions[each.ref.id]], each):
                dispatch.sent[positions[each.ref.id]] = replace(sent, seen=each)


def holds_what_was_sent(job: Job, seen: Observation) -> bool:
    """Whether a record is as the write has left it, whatever it holds where the write was to leave a blank."""
    carries, rules = job.write.carries, job.case.mapping.fields
    sent = [(rule.xero.read(seen.fields), carries[rule.name].xero) for rule in rules if rule.name in carries]
    return seen.presence is Presence.LIVE and all(_is_as_sent(value, of_rule) for value, of_rule in sent)


def _is_as_sent(value: Value, sent: Value) -> bool:
    if isinstance(value, Mapping) and isinstance(sent, Mapping):
        return all(_is_as_sent(value.get(name), part) for name, part in sent.items())
    return sent is None or value == sent


def _empties(job: Job) -> bool:
    """Whether the write leaves a field of Xero's blank, or a part of one."""
    if job.write.target is not System.XERO or job.write.verb is not Verb.UPDATE:
        return False
    return any(_has_blank(agreed.xero) for agreed in job.write.carries.values())


def _has_blank(value: Value) -> bool:
    return value is None or (isinstance(value, Mapping) and any(map(_has_blank, value.values())))
