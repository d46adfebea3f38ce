"""Two records that are both there: what must travel between them, field by field."""

from collections.abc import Iterator

from app.engine.actions import Element, Verb
from app.engine.compare import Step, Verdict, compare
from app.engine.decisions import decided, leaves, topic_of
from app.engine.plans import Action, Ask, Plan, Situation, Write
from app.engine.records import State, System
from app.mapping.model import FieldRule
from app.mapping.values import Fields, Json, Value


def plan_fields(situation: Situation, salesforce: State, xero: State) -> Plan:
    """Compare every field rule: at most one update a side, questions where a person decides, and what base learns."""
    verdicts = _compare(situation, salesforce, xero)
    writes = tuple(_updates(verdicts, salesforce, xero))
    agreed = {v.rule.name: v.agreed for v in verdicts if v.step is Step.AGREE and v.agreed}
    asks = [_ask_about(verdict) for verdict in verdicts if verdict.step is Step.ASK]
    left = frozenset(ask.topic for ask in asks if leaves(situation.decisions, ask.topic, ask.detail))
    questions = tuple(ask for ask in asks if ask.topic not in left)
    reason = "; ".join(dict.fromkeys(f"{v.rule.name}: {v.why}" for v in verdicts if v.step in {Step.CARRY, Step.ASK}))
    link = situation.link is None
    if writes:
        return Plan(Action.UPDATE, reason, writes, agreed, link, questions, left=left)
    if questions:
        return Plan(Action.QUESTION, reason, agreed=agreed, link=link, questions=questions, left=left)
    why = f"linked by {situation.matched.by}" if link else "both sides are in step"
    return Plan(Action.NOTHING, why, agreed=agreed, link=link, left=left)


def _compare(situation: Situation, salesforce: State, xero: State) -> list[Verdict]:
    rules = situation.mapping.fields
    verdicts = (compare(rule, salesforce, xero, situation.base.get(rule.name)) for rule in rules)
    return [decided(situation, verdict, salesforce, xero) for verdict in verdicts]


def _updates(verdicts: list[Verdict], salesforce: State, xero: State) -> Iterator[Write]:
    """At most one update a side, with only the fields that change; Xero first, whose calls are the scarcer."""
    for target, state in ((System.XERO, xero), (System.SALESFORCE, salesforce)):
        carried = [v for v in verdicts if v.step is Step.CARRY and v.target is target]
        if carried:
            fields = written(target, [(v.rule, v.value) for v in carried], state.seen.fields)
            carries = {v.rule.name: v.agreed for v in carried if v.agreed}
            changes = {v.rule.name: _change(v) for v in carried}
            yield Write(target, Verb.UPDATE, Element(state.ref.id, fields), carries, changes)


def written(target: System, values: list[tuple[FieldRule, Value]], present: Fields) -> Fields:
    """The raw fields of one write: lenses that share a raw field (a list of phones) each add to the other's work."""
    patch: dict[str, Json] = {}
    for rule, value in values:
        patch.update(rule.lens(target).write(value, {**present, **patch}))
    return patch


def _change(verdict: Verdict) -> Value:
    return {
        "target": verdict.target.value if verdict.target else None,
        "before": verdict.before,
        "after": verdict.value,
        "rule": verdict.why,
        "conflict": verdict.conflict,
    }


def _ask_about(verdict: Verdict) -> Ask:
    detail = {"field": verdict.rule.name, "salesforce": verdict.salesforce, "xero": verdict.xero, "why": verdict.why}
    return Ask(topic_of(verdict), detail)
