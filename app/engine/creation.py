"""A record without a counterpart: one is created for it where the mapping says so."""

from collections.abc import Mapping
from dataclasses import replace

from app.engine.actions import Element, Verb
from app.engine.decisions import ask, creates, renews
from app.engine.plans import Action, Plan, Situation, Write
from app.engine.records import Agreed, Presence, RecordRef, State, System
from app.engine.updates import written
from app.mapping import model
from app.mapping.model import FieldRule
from app.mapping.values import Value


def plan_alone(situation: Situation) -> Plan:
    """A record without a counterpart: create one where the mapping says so."""
    source = situation.salesforce or situation.xero
    if source is None:
        return Plan(Action.NOTHING, "there is no record")
    if source.seen.presence is not Presence.LIVE:
        return Plan(Action.FILTERED, _gone(source))
    if situation.matched.candidates:
        detail: Mapping[str, Value] = {"candidates": [str(ref) for ref in situation.matched.candidates]}
        if not creates(situation, detail):
            return _ask_which(situation, detail)
    planned = _plan_create(situation.mapping, source)
    gone, holder = situation.matched.gone, situation.matched.holder
    if gone and planned.action is Action.CREATE and not renews(situation.decisions, gone):
        return _ask_about(gone, situation, source)
    if holder and planned.action is Action.CREATE:
        why = f"{holder} carries the id of {source.ref} already, though the two are not tied"
        key = {"field": situation.mapping.salesforce_key, "value": source.ref.id, "holder": str(holder)}
        asked = ask(situation, "key_held", why, {"record": str(source.ref), **key}, other=holder)
        return replace(asked, left=asked.left | {"ambiguous", "ended"})  # that it is to be created stays decided
    return planned


def _ask_which(situation: Situation, detail: Mapping[str, Value]) -> Plan:
    """A single candidate that goes settles it, too."""
    matched = situation.matched
    why = f"several records share its {matched.by}"
    if matched.parted:
        why = f"a person took it apart from what shares its {matched.by}"
    only = matched.candidates[0] if len(matched.candidates) == 1 else None
    return ask(situation, "ambiguous", why, detail, other=only)


def _ask_about(gone: RecordRef, situation: Situation, source: State) -> Plan:
    why = f"by the id that one of the two carries it belongs to {gone}, which is deleted or archived"
    return ask(situation, "ended", why, {"record": str(source.ref), "gone": str(gone)}, other=gone)


def _gone(source: State) -> str:
    if source.seen.merged_into:
        return f"merged into {source.seen.merged_into} in {source.ref.system}"
    return f"{source.seen.presence} in {source.ref.system} before it was ever linked"


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
    fields = {**written(target, values, {}), **rule.set}
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
