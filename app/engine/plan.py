"""The planner: a pure function of what was seen of a pair to one plan."""

from app.engine.creation import plan_alone
from app.engine.participation import archives, kept_out
from app.engine.plans import Action, Ask, Plan, Situation, Write
from app.engine.presence import back_in_step, plan_presence
from app.engine.records import State
from app.engine.updates import plan_fields

__all__ = ["Action", "Ask", "Plan", "Situation", "Write", "plan"]


def plan(situation: Situation) -> Plan:
    """The one plan for a situation. The same situation always gives the same plan.

    Raises `ConditionFailed` when a condition of the mapping has no answer for a record.
    """
    if situation.in_doubt_until:
        return Plan(Action.WAIT, "an earlier write is in doubt", look_at=situation.in_doubt_until)
    stopped = _stopped(situation)
    if stopped:
        return stopped
    if situation.salesforce is None or situation.xero is None:
        return plan_alone(situation)
    gone = plan_presence(situation, situation.salesforce, situation.xero)
    if gone:
        return gone
    fields = plan_fields(situation, situation.salesforce, situation.xero)
    return fields.learning(back_in_step(situation.base))


def _stopped(situation: Situation) -> Plan | None:
    """Whether the pair is out of the sync's hands, because one of its records takes no part.

    What a person decided stands until both do.
    """
    for state in _asked(situation):
        why = kept_out(situation.mapping, state) if state else None
        if state and why and not (situation.link and archives(situation.mapping, state)):
            return Plan(Action.FILTERED, why, left=frozenset(situation.decisions))
    return None


def _asked(situation: Situation) -> tuple[State | None, ...]:
    """The records that say whether a pair takes part. Once it is linked, the account does where the file asks it:
    that a contact is a customer or a supplier shows only with its first invoice or bill.
    """
    if situation.link and situation.mapping.only_salesforce:
        return (situation.salesforce,)
    return situation.salesforce, situation.xero
