"""Overflow: what the other side has no room for is told to people, and never left out in silence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from app.engine.decisions import ask
from app.engine.plans import Action, Plan, Situation, Write
from app.engine.records import Presence, State, System
from app.mapping.model import FieldRule, Lens, Limited

OVERFLOW = "overflow"
_CARRIES = frozenset({Action.CREATE, Action.UPDATE, Action.NOTHING, Action.QUESTION})


def with_overflow(made: Plan, situation: Situation) -> Plan:
    """The plan, telling also whom or what Xero has no room for. It is asked as long as it holds."""
    salesforce = situation.salesforce
    if salesforce is None or salesforce.seen.presence is not Presence.LIVE or made.action not in _CARRIES:
        return made
    for rule in situation.mapping.fields:
        if left_out := _left_out(rule, salesforce):
            made = _telling(made, situation, rule, left_out)
    return made


def _left_out(rule: FieldRule, salesforce: State) -> Sequence[str]:
    limited = _limited(rule.xero) if rule.direction.allows(System.XERO) else None
    return limited.left_out(rule.salesforce.read(salesforce.seen.fields)) if limited else ()


def _limited(lens: Lens) -> Limited | None:
    """Asked of every rule of every plan: to ask a lens itself whether it fits the protocol costs more than the plan."""
    return lens if _is_limited(type(lens)) and isinstance(lens, Limited) else None


@cache
def _is_limited(kind: type) -> bool:
    return issubclass(kind, Limited)


def _telling(made: Plan, situation: Situation, rule: FieldRule, left_out: Sequence[str]) -> Plan:
    told = f"no room in {rule.xero.path} for {', '.join(left_out)}"
    asked = ask(situation, OVERFLOW, told, {"field": rule.name, "left_out": list(left_out)})
    return replace(
        made,
        reason=f"{made.reason}; {told}",
        writes=tuple(_noted(write, rule.name, told) for write in made.writes),
        questions=(*made.questions, *asked.questions),
        left=made.left | asked.left,
    )


def _noted(write: Write, name: str, told: str) -> Write:
    change = write.changes.get(name)
    if not isinstance(change, Mapping):
        return write
    return replace(write, changes={**write.changes, name: {**change, "rule": f"{change['rule']}; {told}"}})
