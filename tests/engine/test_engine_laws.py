"""Laws of the planner over the real mapping, whatever people enter on either side.

The oracle knows who edited what and what each lens can hold. It does not ask the engine's comparison.
"""

from hypothesis import given, settings

from app.engine.plan import Action, Plan, plan
from app.engine.records import System
from app.mapping.model import Direction, FieldRule, OnConflict
from app.mapping.values import Json
from tests.support.entered import Pair, Story, stories, strangers

SALESFORCE, XERO = System.SALESFORCE, System.XERO

EXAMPLES = 30
"""Raise it to search deeper: five thousand take some minutes."""
quick = settings(max_examples=EXAMPLES, deadline=None)


def mean_the_same(pair: Pair, rule: FieldRule) -> bool:
    """Whether one side is what the other one's value is once it is held there."""
    salesforce, xero = pair.holds(SALESFORCE, rule), pair.holds(XERO, rule)
    return xero == rule.xero.hold(salesforce) or salesforce == rule.salesforce.hold(xero)


def is_quiet(made: Plan) -> bool:
    return not made.writes and not made.agreed


@quick
@given(stories())
def test_the_same_situation_always_gives_the_same_plan(story: Story) -> None:
    assert plan(story.edited.situation) == plan(story.edited.situation)


@quick
@given(stories())
def test_records_that_agree_need_nothing(story: Story) -> None:
    made = plan(story.agreed.situation)
    assert (made.action, made.writes, made.agreed, made.questions) == (Action.NOTHING, (), {}, ())


@quick
@given(stories())
def test_what_was_just_written_comes_back_as_an_echo(story: Story) -> None:
    settled = story.edited.after(plan(story.edited.situation))
    assert is_quiet(plan(settled.situation))


@quick
@given(strangers())
def test_records_that_just_met_are_quiet_after_one_plan(pair: Pair) -> None:
    settled = pair.after(plan(pair.situation))
    assert is_quiet(plan(settled.situation))


@quick
@given(stories())
def test_no_uncontested_edit_is_lost(story: Story) -> None:
    settled = story.edited.after(plan(story.edited.situation))
    for rule in story.agreed.mapping.fields:
        for system in story.edits[rule.name]:
            if story.edits[rule.name] == {system} and rule.direction.allows(system.other):
                edited, stood = (story.edited.holds(each, rule) for each in (system, system.other))
                arrived = settled.holds(system.other, rule)
                assert settled.holds(system, rule) == edited, rule.name
                shown_already = arrived == stood and edited == rule.lens(system).hold(stood)
                assert arrived == rule.lens(system.other).hold(edited) or shown_already, rule.name


@quick
@given(stories())
def test_what_nobody_edited_stays_as_it_is(story: Story) -> None:
    settled = story.edited.after(plan(story.edited.situation))
    for rule in story.agreed.mapping.fields:
        if not story.edits[rule.name]:
            for system in System:
                assert settled.holds(system, rule) == story.agreed.holds(system, rule), rule.name


@quick
@given(stories())
def test_what_no_rule_names_stays_as_it_is(story: Story) -> None:
    settled = story.edited.after(plan(story.edited.situation))
    for list_key, type_key, kind in (("Phones", "PhoneType", "FAX"), ("Addresses", "AddressType", "STREET")):
        for pair in (story.edited, settled):
            entries = pair.sides[XERO].fields.get(list_key)
            assert isinstance(entries, list | None)
        assert _entry(settled, list_key, type_key, kind) == _entry(story.edited, list_key, type_key, kind)


def _entry(pair: Pair, list_key: str, type_key: str, kind: str) -> list[Json]:
    entries = pair.sides[XERO].fields.get(list_key) or []
    assert isinstance(entries, list)
    return [entry for entry in entries if isinstance(entry, dict) and entry[type_key] == kind]


@quick
@given(stories())
def test_an_edit_on_both_sides_is_decided_by_the_policy_of_its_rule(story: Story) -> None:
    made = plan(story.edited.situation)
    settled = story.edited.after(made)
    asked = {ask.topic for ask in made.questions}
    for rule in story.agreed.mapping.fields:
        if len(story.edits[rule.name]) < 2 or rule.direction is not Direction.BOTH:
            continue
        if mean_the_same(story.edited, rule):
            continue
        winner = _winner(story.edited, rule)
        assert (f"conflict:{rule.name}" in asked) == (winner is None)
        for system in System if winner is None else [winner]:
            assert settled.holds(system, rule) == story.edited.holds(system, rule)
        assert mean_the_same(settled, rule) == (winner is not None)


def _winner(pair: Pair, rule: FieldRule) -> System | None:
    salesforce, xero = (pair.sides[system].stamps[rule.lens(system).path] for system in System)
    later = XERO if xero > salesforce else SALESFORCE
    return {
        OnConflict.SALESFORCE: SALESFORCE,
        OnConflict.XERO: XERO,
        OnConflict.LATEST: later,
        OnConflict.ASK: None,
    }[rule.on_conflict]


@quick
@given(stories() | strangers())
def test_a_rule_never_writes_the_side_that_it_may_not(story: Story | Pair) -> None:
    pair = story.edited if isinstance(story, Story) else story
    made = plan(pair.situation)
    settled = pair.after(made)
    for rule in pair.mapping.fields:
        for target in System:
            if not rule.direction.allows(target):
                assert all(rule.name not in write.carries for write in made.writes if write.target is target)
                assert settled.holds(target, rule) == pair.holds(target, rule)


@quick
@given(strangers())
def test_a_value_fills_a_blank_when_records_first_meet(pair: Pair) -> None:
    settled = pair.after(plan(pair.situation))
    for rule in pair.mapping.fields:
        for system in System:
            if pair.holds(system.other, rule) is None and rule.direction.allows(system.other):
                assert settled.holds(system, rule) == pair.holds(system, rule)
                assert mean_the_same(settled, rule)


@quick
@given(strangers())
def test_a_blank_takes_nothing_away_when_records_first_meet(pair: Pair) -> None:
    settled = pair.after(plan(pair.situation))
    for rule in pair.mapping.fields:
        for system in System:
            if pair.holds(system.other, rule) is None:
                assert settled.holds(system, rule) == pair.holds(system, rule), rule.name
