"""Parts that are due: they have no counterpart, so the records that they belong to must be looked at instead."""

from collections.abc import Mapping, Sequence

from app.engine.bench import Bench
from app.engine.lane import Lane
from app.engine.ledger import DueRecord, Outcome
from app.engine.look import States
from app.engine.memory import HandedOver, Settled
from app.engine.records import RecordRef, State
from app.engine.wholes import parent_id


async def hand_over(bench: Bench, due: Sequence[DueRecord], states: States) -> Mapping[RecordRef, HandedOver]:
    """Those of `due` that are parts, with the records that they belonged to when last seen, and belong to now."""
    parts = [each for each in due if any(bench.lane.parts(each.ref.system, each.ref.object))]
    before = await bench.memory.parents_of([each.ref for each in parts]) if parts else {}
    return {each.ref: _handed_over(each, parents(bench.lane, states.get(each.ref)), before[each.ref]) for each in parts}


def _handed_over(due: DueRecord, now: tuple[RecordRef, ...], before: tuple[RecordRef, ...]) -> HandedOver:
    return HandedOver(due.ref, now, before, due.priority, due.trace)


def parents(lane: Lane, part: State | None) -> tuple[RecordRef, ...]:
    """The records of the lane that a part belongs to, by what was seen of it."""
    if part is None:
        return ()
    ref = part.ref
    found = [
        RecordRef(ref.system, mapping.object(ref.system), id)
        for mapping, kind in lane.parts(ref.system, ref.object)
        if (id := parent_id(kind, part.seen.fields))
    ]
    return tuple(dict.fromkeys(found))


def settled_stray(due: DueRecord, part: HandedOver | None) -> Settled:
    """What becomes of a due record that is no mapping's own: a part's work is done where it belongs."""
    if part is None:
        return Settled((due,), Outcome.FILTERED, "no mapping of the sync file concerns it now")
    if not part.concerns:
        return Settled((due,), Outcome.FILTERED, "part of nothing")
    named = ", ".join(map(str, part.concerns))
    return Settled((due,), Outcome.SUPERSEDED, f"part of {named}, looked at in its stead")
