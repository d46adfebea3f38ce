"""What people answered: how a plan follows a decision, and when it asks again."""

from collections.abc import Mapping

from app.engine.compare import Step, Verdict, carry
from app.engine.ledger import Decisions, Take
from app.engine.plans import Action, Ask, Plan, Situation
from app.engine.records import Agreed, RecordRef, State, System
from app.mapping.values import Value


def ask(
    situation: Situation, topic: str, why: str, detail: Mapping[str, Value], *, other: RecordRef | None = None
) -> Plan:
    """Ask a person, unless one has said to leave just this as it is. A change of the `other` may settle it, too."""
    shown = {**detail, "why": why}
    if leaves(situation.decisions, topic, shown):
        return Plan(Action.FILTERED, f"{why}; a person decided to leave it so", left=frozenset({topic}))
    return Plan(Action.QUESTION, why, questions=(Ask(topic, shown, other),))


def leaves(decisions: Decisions, topic: str, shown: Mapping[str, Value]) -> bool:
    """Whether a person has said to leave as it is just what would be shown now."""
    decision = decisions.get(topic)
    return decision is not None and decision.take is Take.LEAVE and decision.shown == shown


def creates(situation: Situation, detail: Mapping[str, Value]) -> bool:
    """Whether a person has said that none of the candidates shown is the record's counterpart."""
    decision = situation.decisions.get("ambiguous")
    return decision is not None and decision.take is Take.CREATE and _same(decision.shown, detail)


def ties(decisions: Decisions, gone: RecordRef) -> bool:
    """Whether a person has said that a record belongs to the one that is `gone`, and has ended with it."""
    decision = decisions.get("ended")
    return decision is not None and decision.take is Take.GONE and decision.shown.get("gone") == str(gone)


def renews(decisions: Decisions, gone: RecordRef) -> bool:
    """Whether a person has said that a new record takes the place of the one that is `gone`."""
    decision = decisions.get("ended")
    return decision is not None and decision.take is Take.CREATE and decision.shown.get("gone") == str(gone)


def gone_side(situation: Situation, detail: Mapping[str, Value]) -> System | None:
    """The side a person took of a pair of which one is gone; None as long as nobody did for what it shows now."""
    decision = situation.decisions.get("gone")
    if decision is None or decision.take not in {Take.SALESFORCE, Take.XERO}:
        return None
    return System(decision.take.value) if _same(decision.shown, detail) else None


def decided(situation: Situation, verdict: Verdict, salesforce: State, xero: State) -> Verdict:
    """A verdict that asks, after a person's answer: one side's value is carried.

    Only as long as the other side still holds what the person has seen: whatever was entered since is no part of the
    decision.
    """
    decision = situation.decisions.get(topic_of(verdict))
    if verdict.step is not Step.ASK or decision is None or decision.take not in {Take.SALESFORCE, Take.XERO}:
        return verdict
    source = System(decision.take.value)
    if not verdict.rule.direction.allows(source.other):
        return verdict
    seen = Agreed(verdict.salesforce, verdict.xero)
    if decision.shown.get(source.other.value) != seen.side(source.other):
        return verdict
    held = xero if source is System.SALESFORCE else salesforce
    return carry(verdict.rule, seen, source, held, f"a person decided: {source} stands", conflict=verdict.conflict)


def topic_of(verdict: Verdict) -> str:
    """The topic of the question about one field rule."""
    return f"{verdict.topic}:{verdict.rule.name}"


def _same(shown: Mapping[str, Value], detail: Mapping[str, Value]) -> bool:
    return all(shown.get(name) == value for name, value in detail.items())
