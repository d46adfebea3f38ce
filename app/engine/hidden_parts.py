"""Parts that are not shown any more, though nothing says that they are gone: they stay, and a person is asked. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.engine.decisions import ask
from app.engine.ledger import Decisions, Take
from app.engine.plans import Action, Plan, Situation
from app.engine.records import Observation, Presence, RecordRef, State
from app.engine.wholes import parent_id, shown_parts
from app.mapping import model
from app.mapping.model import Part, Sync
from app.mapping.values import Fields, Json

INVISIBLE_PART = "invisible_part"
_HIDDEN = "hidden"
"""Marks the row of a part that is not shown. No field has this name: those of Salesforce begin in upper case."""


def missing(sync: Sync, before: State | None, seen: Observation) -> tuple[RecordRef, ...]:
    """The parts that were shown with a record before and are not shown with it now."""
    if before is None or seen.presence is not Presence.LIVE:
        return ()
    parts = shown_parts(sync, seen.ref.system, seen.ref.object)
    return tuple(_ref(part, id) for part in parts for id in _missing(part, before, seen))


def with_hidden(sync: Sync, before: State, seen: Observation, looked_at: Mapping[RecordRef, State]) -> Observation:
    """`seen` with those of its `missing` parts that are not known to be gone; as they were if they are not `looked_at`.

    To be deleted, to be merged and to belong to something else are the only evidence.
    """
    return _completed(
        sync, before, seen, lambda part, id, row: _row(part, row, looked_at.get(_ref(part, id)), seen.ref.id)
    )


def with_missing(sync: Sync, before: State, seen: Observation) -> Observation:
    """`seen` with its `missing` parts as they were: nobody has looked yet what became of them."""
    return _completed(sync, before, seen, lambda _part, _id, row: row)


def without_gone(mapping: model.Mapping, state: State, decisions: Decisions) -> State:
    """A state without those of its hidden parts of which a person has said that they are gone."""
    decision = decisions.get(INVISIBLE_PART)
    gone = decision.shown.get("records") if decision and decision.take is Take.GONE else None
    if not isinstance(gone, list):
        return state
    for part in _shown_parts(mapping, state):
        rows = _rows(part, state.seen)
        left = [row for id, row in rows.items() if not (row.get(_HIDDEN) and str(_ref(part, id)) in gone)]
        if len(left) < len(rows):
            fields = {**state.seen.fields, _name(part): left}
            state = replace(state, seen=replace(state.seen, fields=fields))
    return state


def with_hidden_told(made: Plan, situation: Situation) -> Plan:
    """The plan, asking also about parts that are not shown. It is asked as long as one is not."""
    salesforce = situation.salesforce
    hidden = _hidden(situation, salesforce) if salesforce and salesforce.seen.presence is Presence.LIVE else []
    if not hidden or made.action is Action.FILTERED:
        return made
    named = ", ".join(hidden)
    why = f"Salesforce does not return {named}, which is no proof of deletion: Xero keeps what was last seen of it"
    asked = ask(situation, INVISIBLE_PART, why, {"records": hidden})
    return replace(made, questions=(*made.questions, *asked.questions), left=made.left | asked.left)


def _completed(
    sync: Sync, before: State, seen: Observation, kept: Callable[[Part, str, Fields], Fields | None]
) -> Observation:
    """`seen` with what is `kept` of the parts that it lacks, in the order that is known."""
    for part in shown_parts(sync, seen.ref.system, seen.ref.object) if seen.presence is Presence.LIVE else ():
        found = {id: kept(part, id, row) for id, row in _missing(part, before, seen).items()}
        rows = {**_rows(part, seen), **{id: row for id, row in found.items() if row}}
        if len(rows) > len(_rows(part, seen)):
            in_order = dict.fromkeys((*_rows(part, before.seen), *rows))
            seen = replace(seen, fields={**seen.fields, _name(part): [rows[id] for id in in_order if id in rows]})
    return seen


def _hidden(situation: Situation, salesforce: State) -> list[str]:
    return [
        str(_ref(part, id))
        for part in _shown_parts(situation.mapping, salesforce)
        for id, row in _rows(part, salesforce.seen).items()
        if row.get(_HIDDEN)
    ]


def _shown_parts(mapping: model.Mapping, state: State) -> list[Part]:
    return [part for part in mapping.parts if part.system is state.ref.system and part.shown_as]


def _row(part: Part, known: Fields, state: State | None, parent: str) -> Fields | None:
    """The row of a missing part, by the look at itself; None when it is a part no more."""
    if state is None:
        return known
    if state.seen.presence is Presence.INVISIBLE:
        return {**known, _HIDDEN: True}
    if state.seen.presence is not Presence.LIVE or parent_id(part, state.seen.fields) != parent:
        return None
    return {"Id": known["Id"], **{key: state.seen.fields.get(key) for key in sorted(part.fields)}}


def _missing(part: Part, before: State, seen: Observation) -> dict[str, Fields]:
    """What is not among the parts that are shown. An observation that shows no parts at all lacks none."""
    if _name(part) not in seen.fields:
        return {}
    shown = _rows(part, seen)
    return {id: row for id, row in _rows(part, before.seen).items() if id not in shown}


def _rows(part: Part, seen: Observation) -> dict[str, Fields]:
    """The rows that an observation shows of a kind of parts, by id."""
    rows: Json = seen.fields.get(_name(part))
    listed: Sequence[Json] = rows if isinstance(rows, list) else ()
    return {str(row["Id"]): row for row in listed if isinstance(row, Mapping)}


def _ref(part: Part, id: str) -> RecordRef:
    return RecordRef(part.system, part.object, id)


def _name(part: Part) -> str:
    return part.shown_as or ""
