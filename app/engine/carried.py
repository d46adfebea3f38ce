"""The counterpart that an id leads to: one of the two carries it in its key field, and either may be gone."""

from collections.abc import Mapping, Sequence

from app.engine import match
from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.decisions import ties
from app.engine.events import Priority
from app.engine.look import States, look
from app.engine.match import IDENTITY, Matched
from app.engine.memory import Recollection
from app.engine.merges import survivor_of
from app.engine.reading import Unshown
from app.engine.records import Presence, RecordRef, State, System
from app.mapping import xero_ids

Key = tuple[str, RecordRef]
"""What tells the cases of unlinked records apart: the mapping, and the record."""


def key_of(case: Case) -> Key:
    """The key of a case of an unlinked record."""
    return case.mapping.name, case.refs[0]


async def named(bench: Bench, alone: Sequence[Case], states: States, priority: Priority) -> Mapping[Key, State]:
    """By case: the unlinked record whose id the record itself carries in its key field, live or gone.

    One that no scan has shown is looked at before another one is created: it may have been purged.
    """
    wanted = {
        key_of(case): _named_by(case, id)
        for case in alone
        if (id := match.named_counterpart(case.mapping, states[case.refs[0]].seen))
    }
    if not wanted:
        return {}
    known = await bench.memory.recall(list(wanted.values()))
    creating = {key_of(case) for case in alone if creates(case)}
    unseen = [ref for key, ref in wanted.items() if key in creating and ref not in known.states and _is_an_id(ref)]
    await _look_for(bench, unseen, wanted, states, priority)
    shown = {**{ref: states[ref] for ref in unseen}, **known.states}
    free = {key: shown[ref] for key, ref in wanted.items() if ref in shown and _is_free(key[1], ref, known)}
    return {key: state for key, state in free.items() if state.seen.presence is not Presence.INVISIBLE}


async def _look_for(
    bench: Bench, unseen: Sequence[RecordRef], wanted: Mapping[Key, RecordRef], states: States, priority: Priority
) -> None:
    """Look at what is named. Raises `Unshown` of the records that name it."""
    try:
        await look(bench, unseen, states, priority)
    except Unshown as error:
        raise Unshown({key[1]: error.errors[ref] for key, ref in wanted.items() if ref in error.errors}) from error


def creates(case: Case) -> bool:
    """Whether the mapping would make a counterpart, were there none."""
    target = case.refs[0].system.other
    return case.mapping.direction.allows(target) and bool(case.mapping.create_in(target))


def _is_an_id(ref: RecordRef) -> bool:
    """Whether a vendor could be asked for it: an account may carry any text where the contact's id is to be."""
    return ref.system is System.SALESFORCE or xero_ids.is_id(ref.id)


def _is_free(own: RecordRef, other: RecordRef, known: Recollection) -> bool:
    """Whether nobody is tied to the other record, and no person took the two apart."""
    return not known.links.get(other) and own.id not in known.parted.get(other, ())


def _named_by(case: Case, id: str) -> RecordRef:
    other = case.refs[0].system.other
    return RecordRef(other, case.mapping.object(other), id)


async def after_the_end(bench: Bench, case: Case, matched: Matched, states: States, priority: Priority) -> Matched:
    """Who takes the place of a counterpart that is gone: the one into which it was merged, or it itself where a person
    has said that the two belong together.
    """
    if matched.gone is None:
        return matched
    last = await survivor_of(bench, states[matched.gone], states, priority) or matched.gone
    if last != matched.gone and not _is_free(case.refs[0], last, await bench.memory.recall([last])):
        last = matched.gone
    if states[last].seen.presence is Presence.LIVE:
        return Matched(last, IDENTITY)
    return Matched(last if ties(case.decisions, last) else None, IDENTITY, gone=last)
