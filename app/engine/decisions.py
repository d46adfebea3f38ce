"""What people answered: how a plan follows a decision, and when it asks again."""

from collections.abc import Mapping

from app.engine.ledger import Take
from app.engine.plans import Action, Ask, Plan, Situation
from app.engine.records import System
from app.mapping.values import Value


def ask(situation: Situation, topic: str, why: str, detail: Mapping[str, Value]) -> Plan:
    """Ask a person, unless one has said to leave just this as it is."""
    shown = {**detail, "why": why}
    decision = situation.decisions.get(topic)
    if decision and decision.take is Take.LEAVE and decision.shown == shown:
        return Plan(Action.FILTERED, f"{why}; a person decided to leave it so", left=frozenset({topic}))
    return Plan(Action.QUESTION, why, questions=(Ask(topic, shown),))


def gone_side(situation: Situation, detail: Mapping[str, Value]) -> System | None:
    """The side a person took of a pair of which one is gone; None as long as nobody did for what it shows now."""
    decision = situation.decisions.get("gone")
    if decision is None or decision.take not in {Take.SALESFORCE, Take.XERO}:
        return None
    same = all(decision.shown.get(name) == value for name, value in detail.items())
    return System(decision.take.value) if same else None
