"""Three-way comparison of one field rule: who changed it, and which way its value must travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.engine.records import Agreed, State, System
from app.mapping.model import FieldRule, OnConflict
from app.mapping.values import Value


class Step(StrEnum):
    """What a field rule needs."""

    NOTHING = "nothing"
    """Both sides hold what they last agreed on."""
    AGREE = "agree"
    """Both sides mean the same already; only the base has to learn it."""
    CARRY = "carry"
    """One side's value travels to the other."""
    ASK = "ask"
    """Both sides changed and a person must decide."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one field rule needs, and why.

    `target` and `value` (as the target can hold it) are set for `CARRY`; `agreed` is the pair that stands once the
    step is done; `conflict` tells that an edit on the losing side is overwritten; `topic` is what is asked about.
    """

    rule: FieldRule
    step: Step
    salesforce: Value
    xero: Value
    why: str
    target: System | None = None
    value: Value = None
    agreed: Agreed | None = None
    conflict: bool = False
    topic: str = "conflict"

    @property
    def before(self) -> Value:
        """What the target holds now."""
        return self.xero if self.target is System.XERO else self.salesforce


def compare(rule: FieldRule, salesforce: State, xero: State, base: Agreed | None) -> Verdict:
    """Decide one field rule from both states and the values last agreed on (None: never agreed)."""
    here, there = rule.salesforce.read(salesforce.seen.fields), rule.xero.read(xero.seen.fields)
    seen = Agreed(here, there)
    if seen == base:
        return _as_agreed(rule, seen, xero)
    if _in_step(rule, seen):
        return Verdict(rule, Step.AGREE, here, there, "both sides mean the same", agreed=seen)
    if base is None and _only_source_is_blank(rule, seen):
        return Verdict(rule, Step.NOTHING, here, there, "nothing to carry yet")
    source, why, conflict = _source(rule, salesforce, xero, seen, base)
    if source is None:
        return Verdict(rule, Step.ASK, here, there, why, conflict=True)
    held = xero if source is System.SALESFORCE else salesforce
    return carry(rule, seen, source, held, why, conflict=conflict)


def _as_agreed(rule: FieldRule, seen: Agreed, xero: State) -> Verdict:
    """Both hold what the last write has left them with; where that emptied nothing, a person is told."""
    if not kept(rule, seen) or not rule.xero.write(rule.xero.hold(seen.salesforce), xero.seen.fields):
        return Verdict(rule, Step.NOTHING, *seen, "both sides hold what they last agreed on")
    why = "after the last write Xero still holds what is blank in Salesforce"
    return Verdict(rule, Step.ASK, *seen, why, topic="kept")


def kept(rule: FieldRule, agreed: Agreed) -> bool:
    """Whether Xero was left with something that a write to it should have emptied."""
    more = _holds_more(agreed.xero, agreed.salesforce)
    return more and rule.direction.allows(System.XERO) and not _in_step(rule, agreed)


def _holds_more(value: Value, than: Value) -> bool:
    """Whether `value` is all that the other one is, and holds something where that is blank."""
    match value, than:
        case Mapping(), Mapping() | None:
            parts = than or {}
            return any(_holds_more(part, parts.get(name)) for name, part in value.items())
    return value is not None and than is None


def _in_step(rule: FieldRule, seen: Agreed) -> bool:
    """Whether one side is what the other one's value becomes when it is carried over."""
    return rule.xero.hold(seen.salesforce) == seen.xero or rule.salesforce.hold(seen.xero) == seen.salesforce


def _only_source_is_blank(rule: FieldRule, seen: Agreed) -> bool:
    """Whether the one side that may be carried has no value. When records first meet, a blank takes nothing away."""
    return any(not rule.direction.allows(only) and seen.side(only) is None for only in System)


def carry(rule: FieldRule, seen: Agreed, source: System, held: State, why: str, *, conflict: bool) -> Verdict:
    """Carry the source's value; `held` is the target as it is."""
    target = source.other
    value = rule.lens(target).hold(seen.side(source))
    if not rule.lens(target).write(value, held.seen.fields):
        return Verdict(rule, Step.AGREE, *seen, f"{target} holds it as well as it can", agreed=seen)
    agreed = Agreed(seen.salesforce, value) if target is System.XERO else Agreed(value, seen.xero)
    return Verdict(rule, Step.CARRY, *seen, why, target, value, agreed, conflict)


def _source(
    rule: FieldRule, salesforce: State, xero: State, seen: Agreed, base: Agreed | None
) -> tuple[System | None, str, bool]:
    """The side whose value stands, why, and whether the other side loses an edit. No side: ask."""
    for only in System:
        if not rule.direction.allows(only.other):
            return only.other, f"the rule carries values only to {only}", base is not None and _edited(seen, base, only)
    if base is None:
        return _source_of_first_meeting(rule, salesforce, xero, seen)
    edited = [side for side in System if _edited(seen, base, side)]
    if len(edited) == 1:
        return edited[0], f"edited in {edited[0]}", False
    return _winner(rule, salesforce, xero, "edited on both sides")


def _source_of_first_meeting(
    rule: FieldRule, salesforce: State, xero: State, seen: Agreed
) -> tuple[System | None, str, bool]:
    """Records that never agreed: a value fills a blank, two values are a conflict."""
    for side in System:
        if seen.side(side.other) is None:
            return side, f"blank in {side.other}", False
    return _winner(rule, salesforce, xero, "different when first matched")


def _winner(rule: FieldRule, salesforce: State, xero: State, why: str) -> tuple[System | None, str, bool]:
    match rule.on_conflict:
        case OnConflict.SALESFORCE | OnConflict.XERO as named:
            return System(named.value), f"{why}: {named.value} stands", True
        case OnConflict.LATEST:
            later = _latest(rule, salesforce, xero)
            return later, f"{why}: the later edit stands, {later}", True
        case OnConflict.ASK:
            pass
    return None, f"{why}: a person decides", True


def _latest(rule: FieldRule, salesforce: State, xero: State) -> System:
    """The side whose present value was first seen under the later vendor stamp; Salesforce on a tie."""
    here, there = salesforce.stamps.get(rule.salesforce.path), xero.stamps.get(rule.xero.path)
    if here is None or there is None:
        return System.XERO if here is None and there is not None else System.SALESFORCE
    return System.XERO if there > here else System.SALESFORCE


def _edited(seen: Agreed, base: Agreed, side: System) -> bool:
    return seen.side(side) != base.side(side)
