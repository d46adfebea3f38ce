"""Whether a record takes part in a mapping at all."""

from app.engine.records import Observation, Presence, State, System
from app.mapping.model import Mapping, OnOptOut


def kept_out(mapping: Mapping, state: State) -> str | None:
    """Why a record takes no part, in words for a person; None when it does.

    Raises `ConditionFailed` when the mapping's condition has no answer for it.
    """
    if opted_out(mapping, state):
        return f"{mapping.opt_in} is not ticked in Salesforce"
    if not meets_condition(mapping, state.seen):
        condition = mapping.only(state.ref.system)
        return f"it is none of those that take part: {condition.source if condition else ''}"
    return None


def opted_out(mapping: Mapping, state: State) -> bool:
    """Whether the opt-in of a Salesforce record keeps it out. One that is gone counts as it was last seen."""
    if mapping.opt_in is None or state.ref.system is not System.SALESFORCE:
        return False
    known = state.seen.presence is Presence.LIVE or mapping.opt_in in state.seen.fields
    return known and state.seen.fields.get(mapping.opt_in) is not True


def archives(mapping: Mapping, state: State) -> bool:
    """Whether a record is kept out in such a way that its counterpart is archived."""
    return mapping.on_opt_out is OnOptOut.ARCHIVE and opted_out(mapping, state)


def meets_condition(mapping: Mapping, seen: Observation) -> bool:
    """Whether a record is one of those that the mapping is about. Of one that is gone, only where that can be told."""
    condition = mapping.only(seen.ref.system)
    if condition is None:
        return True
    if seen.presence is not Presence.LIVE and not condition.fields(seen.ref.system) <= seen.fields.keys():
        return True
    here, there = (seen.fields, None) if seen.ref.system is System.SALESFORCE else (None, seen.fields)
    return condition.holds(here, there)
