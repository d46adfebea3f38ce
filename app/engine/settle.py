"""What became of a case: from its plan and the vendors' answers to what is to be committed. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import replace

from app.engine.actions import Declined, Done, Verb
from app.engine.apply import Deferred
from app.engine.cases import Case
from app.engine.compare import kept
from app.engine.entries import entries, entry
from app.engine.holders import freed
from app.engine.lane import Lane
from app.engine.ledger import DueRecord, Outcome, Question
from app.engine.memory import Dead, Later, Settled
from app.engine.observe import acknowledged, observed
from app.engine.plans import Action, Plan
from app.engine.presence import PRESENCE
from app.engine.records import Agreed, Base, Link, RecordRef, State, System
from app.engine.refusals import refused
from app.engine.written import Moment, Written, attempts_of
from app.mapping.model import Mapping
from app.mapping.values import Value

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
        return Settled(case.due, later=Later(plan.look_at, plan.reason, attempts=attempts_of(case)))
    seen = {ref: state for each in written for ref, state in _seen(case, each, states, at)}
    seen = {**seen, **_without_gone(case, {**states, **seen})}
    base = {**_base(case), **plan.agreed, **_acknowledged(case, written, seen, states)}
    settled = Settled(
        due=case.due,
        reason=plan.reason,
        states=tuple(seen.values()),
        bind=_created(case, written, base),
        base=(case.link.id, base) if case.link and base != _base(case) else None,
        entries=tuple(entries(case, plan, written, at)),
        asked=tuple(_questions(case, plan, at.lane)),
        adopted=(case.link.id, case.mapping.name) if case.link and case.renamed_from else None,
        again=(*_again(case, written, base), *freed(case, {**states, **seen})),
    )
    return _ended(settled, case, plan, written, at)


def put_off(due: DueRecord, deferred: Deferred) -> Settled:
    """A record that stays due, for a reason that is not its own fault."""
    return Settled((due,), later=Later(deferred.until, deferred.why, attempts=due.attempts))


def failed(case: Case, code: str, reason: str, at: Moment) -> Settled:
    """A case that could not be planned: its records become dead letters."""
    line = entry(case, at, "plan", None, reason, {}, "failed")
    return Settled(case.due, dead=Dead(code, reason), reason=reason, entries=(line,))


def previewed(case: Case, plan: Plan, at: Moment) -> Settled:
    """A case of a sync in observe mode: every write and every tie is recorded, and none is made."""
    reason = f"observe mode: would {plan.action if plan.writes else 'link'}: {plan.reason}"
    known_by = f"linked by {case.matched.by}" if case.matched.by else plan.reason
    link = [entry(case, at, "link", None, known_by, {}, "previewed")] if plan.link else []
    writes = [entry(case, at, plan.action, each.target, plan.reason, each.changes, "previewed") for each in plan.writes]
    lines = (*link, *writes)
    asked = tuple(_questions(case, plan, at.lane))
    return Settled(case.due, Outcome.FILTERED, reason, entries=lines, asked=asked, withdrawn=case.refs)


def _ended(settled: Settled, case: Case, plan: Plan, written: Sequence[Written], at: Moment) -> Settled:
    """How the case's events end: the worst of what came of its writes decides."""
    for each in written:
        if isinstance(each.sent, Deferred):
            return replace(settled, later=Later(each.sent.until, each.sent.why, each.sent.code, attempts_of(case)))
    for each in written:
        if isinstance(each.sent, Declined):
            return refused(settled, case, each.write.verb, each.sent, each.holder, at)
    linked = plan.link and plan.action is Action.NOTHING
    outcome = Outcome.APPLIED if linked else _OUTCOMES[plan.action]
    return replace(settled, outcome=outcome, withdrawn=case.refs, used=_used(case, plan))


def _used(case: Case, plan: Plan) -> tuple[int, ...]:
    """The decisions that this plan has followed or that do not fit any more: all but what is left as it is."""
    return tuple(one.question_id for topic, one in case.decisions.items() if topic not in plan.left)


def _again(case: Case, written: Sequence[Written], base: Base) -> tuple[RecordRef, ...]:
    """What was brought back has been out of step for a while: its fields are compared next. So are fields that were not
    emptied, for a person to be asked.
    """
    done = [each.write for each in written if isinstance(each.sent, Done)]
    back = any(write.verb is Verb.RESTORE for write in done)
    carried_now = {name for write in done for name in write.carries}
    left = any(kept(rule, base[rule.name]) for rule in case.mapping.fields if rule.name in carried_now)
    return case.refs[:1] if back or left else ()


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


def _without_gone(case: Case, states: MappingOf[RecordRef, State]) -> MappingOf[RecordRef, State]:
    """The Salesforce record, where a person has said that some of its parts are gone: they are known no more."""
    state = case.salesforce_state(states)
    return {state.ref: state} if state and state != states[state.ref] else {}


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


def _questions(case: Case, plan: Plan, lane: Lane) -> Iterator[Question]:
    """Questions are kept under the pair's Salesforce record, or under the record that stands alone."""
    for ask in plan.questions:
        yield Question(lane.name, case.mapping.name, case.refs[0], ask.topic, ask.detail, other=ask.other)
