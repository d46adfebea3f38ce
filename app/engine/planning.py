"""The plans of a batch: one a case, and no record taken by two mappings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.engine.cases import Case
from app.engine.hidden_parts import with_hidden_told
from app.engine.ledger import DueRecord
from app.engine.look import States
from app.engine.overflow import with_overflow
from app.engine.plan import plan
from app.engine.plans import Action, Plan
from app.engine.records import RecordRef, State
from app.errors import ConditionFailed, Unfit


@dataclass(frozen=True, slots=True)
class Planned:
    """A case and its plan; without a plan, why none could be made. `seen` is what it was made of."""

    case: Case
    plan: Plan | None
    failure: str = ""
    code: str = ""
    seen: tuple[State | None, ...] = ()


Made = dict[int, Planned]
"""The plans that were made so far in a batch, by their case's identity."""


def decide(cases: Sequence[Case], states: States, made: Made) -> list[Planned]:
    """The plans for `cases`. Of several mappings that could take an unlinked record, one that has found its counterpart
    takes it, else the first one in the order of the file that does not filter it.

    What was made stands, unless something else was seen since; `made` remembers.
    """
    planned = [_decided(case, states, made) for case in cases]
    takers = dict[RecordRef, Planned]()
    for each in sorted(planned, key=lambda each: each.case.matched.ref is None):
        if each.case.link is None and (each.plan is None or each.plan.action is not Action.FILTERED):
            free = not any(ref in takers for ref in each.case.refs)
            takers.update(dict.fromkeys(each.case.refs, each) if free else {})
    return list(_one_each(planned, takers))


def left_over(cases: Sequence[Case], planned: Sequence[Planned]) -> set[DueRecord]:
    """Due records of `cases` that no plan is about: theirs was a pair of which another mapping took the other half."""
    return {due for case in cases for due in case.due}.difference(due for each in planned for due in each.case.due)


def _one_each(planned: Sequence[Planned], takers: dict[RecordRef, Planned]) -> Iterator[Planned]:
    """Linked cases, the takers, and one plan for each record that every mapping filters."""
    filtered = set[RecordRef]()
    for each in planned:
        taker = next((takers[ref] for ref in each.case.refs if ref in takers), None)
        if each.case.link or taker is each or (taker is None and not filtered.intersection(each.case.refs)):
            yield each
        if each.case.link is None:
            filtered.update(each.case.refs)


def _decided(case: Case, states: States, made: Made) -> Planned:
    seen = tuple(states.get(ref) for ref in case.refs)
    before = made.get(id(case))
    if before is None or before.seen != seen:
        before = made[id(case)] = _decide(case, states, seen)
    return before


def _decide(case: Case, states: States, seen: tuple[State | None, ...]) -> Planned:
    try:
        situation = case.situation(states)
        made = with_hidden_told(with_overflow(plan(situation), situation), situation)
        return Planned(case, made, seen=seen)
    except ConditionFailed as error:
        return Planned(case, None, str(error), "condition", seen)
    except Unfit as error:
        return Planned(case, None, str(error), "unfit", seen)
