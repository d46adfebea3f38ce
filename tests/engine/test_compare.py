"""One field rule, three states: whose value travels."""

from dataclasses import replace
from datetime import datetime

import pytest

from app.engine.compare import Step, Verdict, compare, kept
from app.engine.records import Agreed, RecordRef, State, System
from app.mapping.model import Direction, FieldRule, OnConflict
from app.mapping.values import Value
from tests.support.records import account, at, contact, state
from tests.support.world import accounts_sync

RULES = {rule.salesforce.path: rule for rule in accounts_sync().mappings["customers"].fields}
EMAIL = RULES["Email__c"]
OLD = Agreed("old", "old")


def judge(
    here: str | None,
    there: str | None,
    base: Agreed | None = OLD,
    rule: FieldRule = EMAIL,
    *,
    stamps: tuple[datetime | None, datetime | None] = (None, None),
) -> Verdict:
    return compare(rule, of(here, account(), rule, stamps[0]), of(there, contact(), rule, stamps[1]), base)


def of(value: str | None, ref: RecordRef, rule: FieldRule, stamp: datetime | None) -> State:
    system = System.SALESFORCE if ref == account() else System.XERO
    lens = rule.lens(system)
    record = account() if system is System.SALESFORCE else contact()
    return state(record, fields={lens.path: value}, stamps={lens.path: stamp} if stamp else {})


def test_what_nobody_changed_needs_nothing() -> None:
    assert judge("old", "old").step is Step.NOTHING


def test_an_agreed_pair_that_reads_differently_is_left_alone() -> None:
    assert judge("here", "there", Agreed("here", "there")).step is Step.NOTHING


def test_a_blank_that_xero_did_not_take_over_is_for_a_person() -> None:
    verdict = judge(None, "old", Agreed(None, "old"))
    assert (verdict.step, verdict.agreed) == (Step.ASK, None)
    assert (verdict.topic, verdict.conflict) == ("kept", False)


@pytest.mark.parametrize("rule", [replace(EMAIL, direction=Direction.TO_SALESFORCE)])
def test_what_is_never_written_to_xero_cannot_have_been_kept_there(rule: FieldRule) -> None:
    assert judge(None, "old", Agreed(None, "old"), rule).step is Step.NOTHING


def test_what_salesforce_holds_beyond_xero_is_its_own_business() -> None:
    assert judge("old", None, Agreed("old", None)).step is Step.NOTHING


@pytest.mark.parametrize(
    ("salesforce", "xero", "left"),
    [
        ({"city": "Nelson"}, {"city": "Nelson", "region": "Tasman"}, True),
        ({"city": "Nelson"}, {"city": "Nelson"}, False),
        ({"city": "Nelson", "region": "Tasman"}, {"city": "Nelson"}, False),
        ({"city": "Nelson"}, {"city": "Wellington"}, False),
        (None, {"city": "Nelson"}, True),
    ],
)
def test_of_an_address_xero_has_kept_what_is_blank_in_salesforce(salesforce: Value, xero: Value, left: bool) -> None:
    assert kept(RULES["BillingAddress"], Agreed(salesforce, xero)) is left


def test_what_salesforce_had_room_for_only_in_part_is_not_kept() -> None:
    """The field may have become longer since."""
    assert not kept(RULES["Name"], Agreed("Ridgeway University", "Ridgeway University of Nelson"))


@pytest.mark.parametrize(
    ("here", "there", "target", "value"),
    [
        ("new", "old", System.XERO, "new"),
        ("old", "new", System.SALESFORCE, "new"),
        (None, "old", System.XERO, None),
        ("old", None, System.SALESFORCE, None),
    ],
)
def test_the_side_that_was_edited_is_carried_to_the_other(
    here: str | None, there: str | None, target: System, value: str | None
) -> None:
    verdict = judge(here, there)
    assert (verdict.step, verdict.target, verdict.value) == (Step.CARRY, target, value)
    assert verdict.agreed == (value, value)
    assert not verdict.conflict


def test_the_same_edit_on_both_sides_is_agreed_on() -> None:
    verdict = judge("new", "new")
    assert (verdict.step, verdict.agreed) == (Step.AGREE, ("new", "new"))


@pytest.mark.parametrize(
    ("policy", "target"),
    [(OnConflict.SALESFORCE, System.XERO), (OnConflict.XERO, System.SALESFORCE)],
)
def test_a_conflict_is_won_by_the_side_that_the_policy_names(policy: OnConflict, target: System) -> None:
    verdict = judge("here", "there", rule=replace(EMAIL, on_conflict=policy))
    assert (verdict.step, verdict.target, verdict.conflict) == (Step.CARRY, target, True)


@pytest.mark.parametrize(
    ("here", "there", "target"),
    [
        (at(1), at(2), System.SALESFORCE),
        (at(2), at(1), System.XERO),
        (at(1), at(1), System.XERO),
        (None, at(1), System.SALESFORCE),
        (at(1), None, System.XERO),
    ],
)
def test_the_later_edit_stands_and_salesforce_on_a_tie(
    here: datetime | None, there: datetime | None, target: System
) -> None:
    rule = replace(EMAIL, on_conflict=OnConflict.LATEST)
    assert judge("here", "there", rule=rule, stamps=(here, there)).target is target


def test_a_conflict_for_a_person_carries_nothing() -> None:
    verdict = judge("here", "there", rule=replace(EMAIL, on_conflict=OnConflict.ASK))
    assert (verdict.step, verdict.target) == (Step.ASK, None)


@pytest.mark.parametrize(("here", "there", "target"), [("a", None, System.XERO), (None, "b", System.SALESFORCE)])
def test_when_records_first_meet_a_value_fills_a_blank(here: str | None, there: str | None, target: System) -> None:
    verdict = judge(here, there, None)
    assert (verdict.step, verdict.target, verdict.conflict) == (Step.CARRY, target, False)


def test_when_records_first_meet_two_values_are_a_conflict() -> None:
    assert judge("here", "there", None, replace(EMAIL, on_conflict=OnConflict.ASK)).step is Step.ASK


@pytest.mark.parametrize(
    ("direction", "target"),
    [(Direction.TO_XERO, System.XERO), (Direction.TO_SALESFORCE, System.SALESFORCE)],
)
@pytest.mark.parametrize(("here", "there"), [("new", "old"), ("old", "new"), ("here", "there")])
def test_a_one_way_rule_only_ever_writes_its_far_side(
    direction: Direction, target: System, here: str, there: str
) -> None:
    verdict = judge(here, there, rule=replace(EMAIL, direction=direction))
    assert (verdict.step, verdict.target) == (Step.CARRY, target)


def test_an_edit_that_a_one_way_rule_puts_back_is_a_conflict() -> None:
    assert judge("old", "new", rule=replace(EMAIL, direction=Direction.TO_XERO)).conflict
    assert not judge("new", "old", rule=replace(EMAIL, direction=Direction.TO_XERO)).conflict


def test_a_value_that_the_other_side_holds_shortened_is_in_step() -> None:
    verdict = judge("x" * 300, "x" * 50, None, RULES["Tax_Number__c"])
    assert verdict.step is Step.AGREE


def test_a_value_too_long_for_the_other_side_travels_as_far_as_it_fits() -> None:
    verdict = judge("old", "x" * 100)
    assert (verdict.value, verdict.agreed) == ("x" * 80, ("x" * 80, "x" * 100))


@pytest.mark.parametrize(
    ("direction", "here", "there"), [(Direction.TO_XERO, None, "kept"), (Direction.TO_SALESFORCE, "kept", None)]
)
def test_when_records_first_meet_a_blank_takes_nothing_away(
    direction: Direction, here: str | None, there: str | None
) -> None:
    assert judge(here, there, None, replace(EMAIL, direction=direction)).step is Step.NOTHING


@pytest.mark.parametrize(
    ("direction", "here", "there"), [(Direction.TO_XERO, None, "old"), (Direction.TO_SALESFORCE, "old", None)]
)
def test_what_is_cleared_later_is_cleared_by_a_one_way_rule_too(
    direction: Direction, here: str | None, there: str | None
) -> None:
    verdict = judge(here, there, rule=replace(EMAIL, direction=direction))
    assert (verdict.step, verdict.value) == (Step.CARRY, None)
