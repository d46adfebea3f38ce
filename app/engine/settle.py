"""What became of a case: from its plan and the vendors' answers to what is to be committed. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.engine.actions import Declined, Done, Verb
from app.engine.apply import Deferred, Sent
from app.engine.cases import Case
from app.engine.lane import Lane
from app.engine.ledger import Entry, Outcome, Question
from app.engine.memory import Dead, Later, Settled
from app.engine.observe import acknowledged, observed
from app.engine.plans import Action, Plan, Write
from app.engine.presence import NOT_TAKEN, PRESENCE
from app.engine.records import Agreed, Base, Link, RecordRef, State, System
from app.engine.retry import LOOK_UP_SECONDS, MAX_ATTEMPTS, next_attempt_at
from app.mapping.model import Mapping
from app.mapping.values import Value


@dataclass(frozen=True, slots=True)
class Written:
    """A write of the plan, what came of it, and the call it went out in."""

    write: Write
    sent: Sent
    call_id: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The circumstances of a settlement: the lane, the time, and a draw from [0, 1) for the pause before a retry."""

    lane: Lane
    now: datetime
    chance: float


_OUTCOMES: MappingOf[Action, Outcome] = {
    Action.CREATE: Outcome.APPLIED,
    Action.UPDATE: Outcome.APPLIED,
    Action.ARCHIVE: Outcome.APPLIED,
    Action.RESTORE: Outcome.APPLIED,
    Action.NOTHING: Outcome.UNCHANGED,
    Action.FILTERED: Outcome.FILTERED,
    Action.QUESTION: Outcome.FILTERED,
}


def settle(
    case: Case, plan: Plan, written: Sequence[Written], states: MappingOf[RecordRef, State], at: Moment
) -> Settled:
    """What to commit for `case` after `plan` was carried out as far as `written` tells."""
    if plan.look_at:
        return Settled(case.due, later=Later(plan.look_at, plan.reason, attempts=_attempts(case)))
    seen = {ref: state for each in written for ref, state in _seen(case, each, states, at)}
    base = {**_base(case), **plan.agreed, **_acknowledged(case, written, seen, states)}
    settled = Settled(
        due=case.due,
        reason=plan.reason,
        states=tuple(seen.values()),
        bind=_created(case, written, base),
        base=(case.link.id, base) if case.link and base != _base(case) else None,
        entries=tuple(_entries(case, plan, written, at)),
        asked=tuple(_questions(case, plan, at.lane)),
        withdrawn=case.refs,
        again=_again(case, written),
    )
    return _ended(settled, case, plan, written, at)


def failed(case: Case, code: str, reason: str, at: Moment) -> Settled:
    """A case that could not be planned: its records become dead letters."""
    entry = _entry(case, at, "plan", None, reason, {}, "failed")
    return Settled(case.due, dead=Dead(code, reason), reason=reason, entries=(entry,))


def previewed(case: Case, plan: Plan, at: Moment) -> Settled:
    """A case of a sync in observe mode: every write and every tie is recorded, and none is made."""
    reason = f"observe mode: would {plan.action if plan.writes else 'link'}: {plan.reason}"
    targets: list[tuple[System | None, MappingOf[str, Value]]] = [(each.target, each.changes) for each in plan.writes]
    entries = tuple(
        _entry(case, at, plan.action, target, plan.reason, changes, "previewed")
        for target, changes in targets or [(None, {})]
    )
    asked = tuple(_questions(case, plan, at.lane))
    return Settled(case.due, Outcome.FILTERED, reason, entries=entries, asked=asked, withdrawn=case.refs)


def _ended(settled: Settled, case: Case, plan: Plan, written: Sequence[Written], at: Moment) -> Settled:
    """How the case's events end: the worst of what came of its writes decides."""
    for each in written:
        if isinstance(each.sent, Deferred):
            return replace(settled, later=Later(each.sent.until, each.sent.why, each.sent.code, _attempts(case)))
    for each in written:
        if isinstance(each.sent, Declined):
            return _declined(settled, case, each.write.verb, each.sent, at)
    linked = plan.link and plan.action is Action.NOTHING
    return replace(settled, outcome=Outcome.APPLIED if linked else _OUTCOMES[plan.action])


def _again(case: Case, written: Sequence[Written]) -> tuple[RecordRef, ...]:
    """What was brought back has been out of step for a while: its fields are compared next."""
    back = any(each.write.verb is Verb.RESTORE and isinstance(each.sent, Done) for each in written)
    return case.refs[:1] if back else ()


def _declined(settled: Settled, case: Case, verb: Verb, declined: Declined, at: Moment) -> Settled:
    """A refusal that passes is tried again; one for a taken name is looked up once; any other needs a person."""
    attempts = _attempts(case) + 1
    if declined.taken and attempts == 1:
        until = at.now + timedelta(seconds=LOOK_UP_SECONDS)
        return replace(settled, later=Later(until, declined.message, declined.code, attempts))
    if declined.passes and attempts < MAX_ATTEMPTS:
        until = next_attempt_at(at.now, attempts, at.chance)
        return replace(settled, later=Later(until, declined.message, declined.code, attempts))
    if verb is Verb.RESTORE and case.link:
        return _not_brought_back(settled, case, case.link, declined, at)
    return replace(settled, dead=Dead(declined.code, declined.message))


def _not_brought_back(settled: Settled, case: Case, link: Link, declined: Declined, at: Moment) -> Settled:
    """Xero has not brought a contact back: a person is asked, and it is not tried again."""
    detail: dict[str, Value] = {"record": str(link.xero), "why": declined.message}
    question = Question(at.lane.name, case.mapping.name, case.refs[0], "restore", detail)
    base = (link.id, {**link.base, PRESENCE: NOT_TAKEN})
    return replace(settled, outcome=Outcome.FILTERED, base=base, asked=(*settled.asked, question))


def _attempts(case: Case) -> int:
    return max((due.attempts for due in case.due), default=0)


def _base(case: Case) -> Base:
    return case.link.base if case.link else {}


def _seen(
    case: Case, each: Written, states: MappingOf[RecordRef, State], at: Moment
) -> Iterator[tuple[RecordRef, State]]:
    if not isinstance(each.sent, Done):
        return
    system = each.write.target
    ref = RecordRef(system, case.mapping.object(system), each.sent.id)
    seen = acknowledged(states.get(ref), ref, each.write.verb, each.write.element, each.sent)
    yield ref, observed(states.get(ref), seen, at.lane.lenses(system, ref.object), at.now)


def _acknowledged(
    case: Case, written: Sequence[Written], seen: MappingOf[RecordRef, State], states: MappingOf[RecordRef, State]
) -> Base:
    """The pairs that stand now: the source's value as it was sent, the target's as the vendor acknowledged it."""
    pairs: dict[str, Agreed] = {}
    for each in written:
        if isinstance(each.sent, Done):
            ref = RecordRef(each.write.target, case.mapping.object(each.write.target), each.sent.id)
            pairs.update(carried(case.mapping, each.write.carries, seen.get(ref)))
            if each.write.verb is Verb.CREATE and ref in seen:
                pairs.update(_blank(case.mapping, states[case.refs[0]], seen[ref]))
    return pairs


def _blank(mapping: Mapping, source: State, created: State) -> Base:
    """What both sides of a new pair hold nothing of: that, too, is agreed on."""
    return {
        rule.name: Agreed(None, None)
        for rule in mapping.fields
        if rule.lens(source.ref.system).read(source.seen.fields) is None
        and rule.lens(created.ref.system).read(created.seen.fields) is None
    }


def carried(mapping: Mapping, carries: Base, target: State | None) -> Base:
    """`carries` with the target's values as they are seen there; as they were sent where nothing was seen."""
    if target is None:
        return carries
    here_and_there = {PRESENCE: carries[PRESENCE]} if PRESENCE in carries else {}
    rules = {rule.name: rule for rule in mapping.fields if rule.name in carries}
    system = target.ref.system
    held = {name: rule.lens(system).read(target.seen.fields) for name, rule in rules.items()}
    return {**here_and_there, **{name: _with_side(carries[name], system, held[name]) for name in rules}}


def _with_side(agreed: Agreed, system: System, value: Value) -> Agreed:
    return agreed._replace(xero=value) if system is System.XERO else agreed._replace(salesforce=value)


def _created(case: Case, written: Sequence[Written], base: Base) -> Link | None:
    """The link of a record that was just created."""
    for each in written:
        if each.write.verb is Verb.CREATE and isinstance(each.sent, Done):
            target = each.write.target
            return new_link(
                case.mapping, case.refs[0], RecordRef(target, case.mapping.object(target), each.sent.id), base
            )
    return None


def new_link(mapping: Mapping, source: RecordRef, created: RecordRef, base: Base) -> Link:
    """The tie between a record and the one that was created for it."""
    salesforce, xero = (source, created) if created.system is System.XERO else (created, source)
    return Link(0, mapping.name, "", salesforce, xero, base)


def _entries(case: Case, plan: Plan, written: Sequence[Written], at: Moment) -> Iterator[Entry]:
    for each in written:
        yield _entry_of_write(case, plan, each, at)
    learned: dict[str, Value] = {
        name: {"salesforce": agreed.salesforce, "xero": agreed.xero}
        for name, agreed in plan.agreed.items()
        if agreed != (None, None)
    }
    if not written and (learned or plan.link or plan.action is Action.QUESTION):
        yield _entry(case, at, plan.action, None, plan.reason, learned, "done")


def _entry_of_write(case: Case, plan: Plan, each: Written, at: Moment) -> Entry:
    write, sent = each.write, each.sent
    entry = _entry(case, at, write.verb, write.target, _reason(plan, write), write.changes, "done")
    match sent:
        case Done():
            warned = "; ".join(sent.warnings) or None
            done = replace(entry, call_id=each.call_id, error=warned)
            return (
                replace(done, xero_id=sent.id) if write.target is System.XERO else replace(done, salesforce_id=sent.id)
            )
        case Declined():
            return replace(entry, outcome="refused", error=f"{sent.code}: {sent.message}", call_id=each.call_id)
    return replace(entry, outcome="deferred", error=sent.why)


def _reason(plan: Plan, write: Write) -> str:
    """Why this write: of an update, by the rules of the fields that it carries."""
    if write.verb is not Verb.UPDATE:
        return plan.reason
    rules = [(name, change.get("rule")) for name, change in write.changes.items() if isinstance(change, MappingOf)]
    return "; ".join(f"{name}: {rule}" for name, rule in rules)


def _entry(
    case: Case,
    at: Moment,
    action: str,
    target: System | None,
    reason: str,
    changes: MappingOf[str, Value],
    outcome: str,
) -> Entry:
    return Entry(
        at=at.now,
        lane=at.lane.name,
        epoch=0,
        mapping=case.mapping.name,
        salesforce_object=case.mapping.salesforce,
        salesforce_id=case.salesforce.id if case.salesforce else None,
        xero_object=case.mapping.xero,
        xero_id=case.xero.id if case.xero else None,
        action=action,
        target=target,
        reason=reason,
        changes=changes,
        outcome=outcome,
    )


def _questions(case: Case, plan: Plan, lane: Lane) -> Iterator[Question]:
    """Questions are kept under the pair's Salesforce record, or under the record that stands alone."""
    for ask in plan.questions:
        yield Question(lane.name, case.mapping.name, case.refs[0], ask.topic, ask.detail)
