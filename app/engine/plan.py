"""The planner: a pure function of what was seen of a pair to one plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.engine.actions import Element, Verb
from app.engine.compare import Step, Verdict, compare
from app.engine.match import Matched
from app.engine.records import Agreed, Base, Link, Presence, State, System
from app.mapping import model
from app.mapping.model import FieldRule, OnDelete
from app.mapping.values import Fields, Json, Value


class Action(StrEnum):
    """What a plan comes to, in one word."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    NOTHING = "nothing"
    FILTERED = "filtered"
    WAIT = "wait"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a plan depends on.

    At least one state is given. Without a link, `matched` is what matching found for the record; the state of a
    matched record is given too.
    """

    mapping: model.Mapping
    salesforce: State | None
    xero: State | None
    link: Link | None = None
    matched: Matched = field(default_factory=Matched)
    in_doubt_until: datetime | None = None
    """An earlier write to the pair may still be carried out until then."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a plan: raw fields for the target, and the pairs of values that both sides then agree on."""

    target: System
    verb: Verb
    element: Element
    carries: Base
    changes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for a person: one topic a record, with what the person needs to see."""

    topic: str
    detail: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a pair.

    `agreed` are values both sides hold already and only the base must learn; `link` says that the two records of the
    situation are to be tied before anything is written; `look_at` is when to plan again.
    """

    action: Action
    reason: str
    writes: tuple[Write, ...] = ()
    agreed: Base = field(default_factory=dict[str, Agreed])
    link: bool = False
    questions: tuple[Ask, ...] = ()
    look_at: datetime | None = None


def plan(situation: Situation) -> Plan:
    """The one plan for a situation. The same situation always gives the same plan."""
    if situation.in_doubt_until:
        return Plan(Action.WAIT, "an earlier write is in doubt", look_at=situation.in_doubt_until)
    stopped = _stopped(situation)
    if stopped:
        return stopped
    if situation.salesforce and situation.xero:
        return _plan_pair(situation, situation.salesforce, situation.xero)
    return _plan_single(situation)


def _stopped(situation: Situation) -> Plan | None:
    """Whether the pair is out of the sync's hands, because it is opted out."""
    if situation.salesforce and opted_out(situation.mapping, situation.salesforce):
        return Plan(Action.FILTERED, f"{situation.mapping.opt_in} is not ticked in Salesforce")
    return None


def opted_out(mapping: model.Mapping, salesforce: State) -> bool:
    """Whether the opt-in of a live Salesforce record keeps it out."""
    live = salesforce.seen.presence is Presence.LIVE
    return mapping.opt_in is not None and live and salesforce.seen.fields.get(mapping.opt_in) is not True


def _plan_pair(situation: Situation, salesforce: State, xero: State) -> Plan:
    for state in (salesforce, xero):
        if state.seen.presence is not Presence.LIVE:
            return _plan_gone(situation, salesforce, xero, state)
    verdicts = _compare(situation, salesforce, xero)
    writes = tuple(_updates(verdicts, salesforce, xero))
    agreed = {v.rule.name: v.agreed for v in verdicts if v.step is Step.AGREE and v.agreed}
    questions = tuple(_ask_about(verdict) for verdict in verdicts if verdict.step is Step.ASK)
    reason = "; ".join(dict.fromkeys(f"{v.rule.name}: {v.why}" for v in verdicts if v.step in {Step.CARRY, Step.ASK}))
    link = situation.link is None
    if writes:
        return Plan(Action.UPDATE, reason, writes, agreed, link, questions)
    if questions:
        return Plan(Action.QUESTION, reason, agreed=agreed, link=link, questions=questions)
    why = f"linked by {situation.matched.by}" if link else "both sides are in step"
    return Plan(Action.NOTHING, why, agreed=agreed, link=link)


def _compare(situation: Situation, salesforce: State, xero: State) -> list[Verdict]:
    base: Base = situation.link.base if situation.link else {}
    return [compare(rule, salesforce, xero, base.get(rule.name)) for rule in situation.mapping.fields]


def _updates(verdicts: list[Verdict], salesforce: State, xero: State) -> Iterator[Write]:
    """At most one update a side, with only the fields that change; Xero first, whose calls are the scarcer."""
    for target, state in ((System.XERO, xero), (System.SALESFORCE, salesforce)):
        carried = [v for v in verdicts if v.step is Step.CARRY and v.target is target]
        if carried:
            fields = _written(target, [(v.rule, v.value) for v in carried], state.seen.fields)
            carries = {v.rule.name: v.agreed for v in carried if v.agreed}
            changes = {v.rule.name: _change(v) for v in carried}
            yield Write(target, Verb.UPDATE, Element(state.ref.id, fields), carries, changes)


def _written(target: System, values: list[tuple[FieldRule, Value]], present: Fields) -> Fields:
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
    return Ask(f"conflict:{verdict.rule.name}", detail)


def _plan_gone(situation: Situation, salesforce: State, xero: State, gone: State) -> Plan:
    """One side is archived, deleted or out of sight."""
    system, presence = gone.ref.system, gone.seen.presence
    left = xero if gone is salesforce else salesforce
    if presence is Presence.INVISIBLE or left.seen.presence is Presence.INVISIBLE:
        unseen = gone if presence is Presence.INVISIBLE else left
        return _ask(
            "invisible",
            f"{unseen.ref.system} does not return the record, which is no proof that it was deleted",
            {"record": str(unseen.ref)},
        )
    if left.seen.presence is not Presence.LIVE:
        return Plan(Action.NOTHING, "gone on both sides")
    if situation.link is None:
        return Plan(Action.FILTERED, f"{presence} in {system} before it was ever linked")
    return _plan_archive(situation, gone, left)


def _plan_archive(situation: Situation, gone: State, left: State) -> Plan:
    mapping, system, presence = situation.mapping, gone.ref.system, gone.seen.presence
    if gone.seen.merged_into:
        into = f"merged into {gone.seen.merged_into} in {system}"
        return _ask("merged", into, {"record": str(gone.ref), "survivor": gone.seen.merged_into})
    if mapping.on_delete is OnDelete.IGNORE or not mapping.direction.allows(left.ref.system):
        return Plan(Action.FILTERED, f"{presence} in {system}; the mapping does not carry that over")
    edited = _edited_since_agreed(situation, left)
    if mapping.on_delete is OnDelete.ASK or edited:
        why = f"{presence} in {system}" + (f", edited in {left.ref.system}: {', '.join(edited)}" if edited else "")
        return _ask("gone", why, {"record": str(gone.ref), "edited": list(edited)})
    if left.ref.system is System.SALESFORCE:
        return Plan(Action.FILTERED, f"{presence} in xero; Salesforce has no archive, so its record is left alone")
    write = Write(left.ref.system, Verb.ARCHIVE, Element(left.ref.id), {}, {"presence": _archived(left, gone)})
    return Plan(Action.ARCHIVE, f"{presence} in {system}", (write,))


def _edited_since_agreed(situation: Situation, left: State) -> tuple[str, ...]:
    base: Base = situation.link.base if situation.link else {}
    side = left.ref.system
    return tuple(
        rule.name
        for rule in situation.mapping.fields
        if rule.name in base and rule.lens(side).read(left.seen.fields) != base[rule.name].side(side)
    )


def _archived(left: State, gone: State) -> Value:
    return {
        "target": left.ref.system.value,
        "before": left.seen.presence.value,
        "after": Presence.ARCHIVED.value,
        "rule": f"{gone.seen.presence} in {gone.ref.system}",
    }


def _ask(topic: str, why: str, detail: Mapping[str, Value]) -> Plan:
    return Plan(Action.QUESTION, why, questions=(Ask(topic, {**detail, "why": why}),))


def _plan_single(situation: Situation) -> Plan:
    """A record without a counterpart: create one where the mapping says so."""
    source = situation.salesforce or situation.xero
    if source is None:
        return Plan(Action.NOTHING, "there is no record")
    if source.seen.presence is not Presence.LIVE:
        return Plan(Action.FILTERED, f"{source.seen.presence} in {source.ref.system} before it was ever linked")
    if situation.matched.candidates:
        others = [str(ref) for ref in situation.matched.candidates]
        return _ask("ambiguous", f"several records share its {situation.matched.by}", {"candidates": others})
    return _plan_create(situation.mapping, source)


def _plan_create(mapping: model.Mapping, source: State) -> Plan:
    target = source.ref.system.other
    rule = mapping.create_in(target)
    if rule is None or not mapping.direction.allows(target):
        return Plan(Action.FILTERED, f"the mapping does not create records in {target}")
    seen = source.seen.fields
    here = (seen, None) if source.ref.system is System.SALESFORCE else (None, seen)
    if rule.when and not rule.when.holds(*here):
        return Plan(Action.FILTERED, f"the condition for creating in {target} is not met: {rule.when.source}")
    return Plan(Action.CREATE, f"new in {source.ref.system}", (_create(mapping, rule, source),))


def _create(mapping: model.Mapping, rule: model.CreateRule, source: State) -> Write:
    target = source.ref.system.other
    carried = [(field, _carried(field, source, target)) for field in mapping.fields if _travels(field, source, target)]
    values = [(field, agreed.side(target)) for field, agreed in carried]
    fields = {**_written(target, values, {}), **rule.set}
    key_field = mapping.xero_key if target is System.XERO else mapping.salesforce_key
    carries = {field.name: agreed for field, agreed in carried}
    changes: dict[str, Value] = {
        field.name: {"target": target.value, "before": None, "after": value, "rule": "new record"}
        for field, value in values
    }
    return Write(target, Verb.CREATE, Element(None, fields, key_field, source.ref.id), carries, changes)


def _travels(rule: FieldRule, source: State, target: System) -> bool:
    return rule.direction.allows(target) and rule.lens(source.ref.system).read(source.seen.fields) is not None


def _carried(rule: FieldRule, source: State, target: System) -> Agreed:
    value = rule.lens(source.ref.system).read(source.seen.fields)
    held = rule.lens(target).hold(value)
    return Agreed(value, held) if target is System.XERO else Agreed(held, value)
