"""What became of a case: what is committed after a plan was carried out as far as it was."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.actions import Answer, Declined, Done, Element, Verb
from app.engine.apply import Deferred
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.holders import Holder
from app.engine.lane import Lane
from app.engine.ledger import Decision, DueRecord, Outcome, Take
from app.engine.match import Matched
from app.engine.memory import Dead, Later, Settled
from app.engine.plan import Action, Ask, Plan, Write, plan
from app.engine.presence import PRESENCE
from app.engine.records import Agreed, Presence, RecordRef, State, System
from app.engine.retry import LOOK_UP_SECONDS, MAX_ATTEMPTS
from app.engine.settle import failed, previewed, settle
from app.engine.written import Moment, Written
from tests.support.customers import CUSTOMERS, EMAIL, IN_STEP, PHONE, in_salesforce, in_xero, tied
from tests.support.records import NOON, account, at, contact
from tests.support.world import accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
MOMENT = Moment(Lane("accounts/Contact", accounts_sync(), (CUSTOMERS,)), NOON, 0.5)
UPDATED = in_xero(Phones=phone("03 222"), seen_at=at(9)).seen


def due(ref: RecordRef, attempts: int = 0) -> DueRecord:
    return DueRecord(ref, 1, Priority.PUSH, attempts, NOON)


def pair(attempts: int = 0) -> Case:
    """The linked customer, whose account is due."""
    return Case(CUSTOMERS, (due(account(), attempts),), account(), contact(), tied())


def states(*seen: State) -> dict[RecordRef, State]:
    return {each.ref: each for each in seen}


def carried_out(answer: Answer | Deferred, attempts: int = 0) -> Settled:
    """What becomes of the linked customer when its account's phone is edited, and Xero answers so."""
    case, known = pair(attempts), states(in_salesforce(Phone="03 222"), in_xero())
    made = plan(case.situation(known))
    return settle(case, made, [Written(made.writes[0], answer, 5)], known, MOMENT)


def test_base_is_what_the_vendor_acknowledged() -> None:
    as_held = in_xero(Phones=phone("03 222 held")).seen
    settled = carried_out(Done(contact().id, as_held))
    assert settled.base == (7, {**IN_STEP, PHONE: Agreed("03 222", "03 222 held")})
    assert (settled.outcome, settled.later, settled.dead) == (Outcome.APPLIED, None, None)


def test_an_edit_that_the_answer_shows_besides_is_no_part_of_base() -> None:
    edited = in_xero(Phones=phone("03 222"), EmailAddress="somebody@else.example").seen
    settled = carried_out(Done(contact().id, edited))
    assert settled.base == (7, {**IN_STEP, PHONE: Agreed("03 222", "03 222")})
    assert settled.states[0].seen == edited


def test_where_the_answer_does_not_show_the_record_base_is_what_was_sent() -> None:
    case, known = pair(), states(in_salesforce(), in_xero(EmailAddress="b@ridgeway.example"))
    made = plan(case.situation(known))
    settled = settle(case, made, [Written(made.writes[0], Done(account().id), 5)], known, MOMENT)
    assert settled.base == (7, {**IN_STEP, EMAIL: Agreed("b@ridgeway.example", "b@ridgeway.example")})
    (seen,) = settled.states
    assert (seen.ref, seen.seen.fields["Email__c"], seen.observed_at) == (account(), "b@ridgeway.example", NOON)


def test_a_write_that_was_deferred_leaves_base_alone_and_the_record_due() -> None:
    settled = carried_out(Deferred(at(15), "offline", parks=True), attempts=2)
    assert settled.base is None
    assert settled.later == Later(at(15), "offline", attempts=2)
    assert (settled.outcome, settled.dead) == (None, None)


def test_what_was_done_counts_though_another_write_was_deferred() -> None:
    case, known = pair(), states(in_salesforce(Phone="03 222"), in_xero(EmailAddress="b@ridgeway.example"))
    made = plan(case.situation(known))
    to_xero, to_salesforce = made.writes
    written = [
        Written(to_xero, Done(contact().id, UPDATED), 5),
        Written(to_salesforce, Deferred(at(5), "doubt", parks=False)),
    ]
    settled = settle(case, made, written, known, MOMENT)
    assert settled.base == (7, {**IN_STEP, PHONE: Agreed("03 222", "03 222")})
    assert settled.later == Later(at(5), "doubt")


def test_a_refusal_that_passes_is_tried_again_and_counted() -> None:
    settled = carried_out(Declined("row_lock", "locked", passes=True), attempts=1)
    assert settled.later
    assert (settled.later.code, settled.later.reason, settled.later.attempts) == ("row_lock", "locked", 2)
    assert settled.later.until > NOON


def test_a_refusal_that_never_passes_becomes_a_dead_letter() -> None:
    locked = Declined("row_lock", "locked", passes=True)
    assert carried_out(locked, attempts=MAX_ATTEMPTS - 2).later
    assert carried_out(locked, attempts=MAX_ATTEMPTS - 1).dead == Dead("row_lock", "locked")


def test_any_other_refusal_needs_a_person_at_once() -> None:
    assert carried_out(Declined("validation", "no")).dead == Dead("validation", "no")


def test_a_name_that_is_taken_is_looked_up_once() -> None:
    taken = Declined("name_taken", "taken", taken=True)
    first = carried_out(taken)
    assert first.later == Later(NOON + timedelta(seconds=LOOK_UP_SECONDS), "taken", "name_taken", 1)
    asked = carried_out(taken, attempts=1)
    assert (asked.outcome, asked.later, asked.dead) == (Outcome.FILTERED, None, None)
    assert [each.topic for each in asked.asked] == ["taken"]


def test_who_has_the_name_is_part_of_the_question_and_what_it_waits_for() -> None:
    case, known = pair(attempts=1), states(in_salesforce(Name="Harbour"), in_xero())
    made = plan(case.situation(known))
    taken, holder = Declined("name_taken", "taken", taken=True), Holder("Name", "Harbour", contact(2), account(2))
    settled = settle(case, made, [Written(made.writes[0], taken, 5, holder)], known, MOMENT)
    (asked,) = settled.asked
    assert asked.other == contact(2)
    assert asked.detail == {
        "field": "Name",
        "value": "Harbour",
        "holder": str(contact(2)),
        "holder_counterpart": str(account(2)),
        "why": "taken",
    }
    left = replace(case, decisions={"taken": Decision(1, Take.LEAVE, asked.detail)})
    again = settle(left, made, [Written(made.writes[0], taken, 5, holder)], known, MOMENT)
    assert (again.asked, again.used) == ((), ())


def test_a_decision_is_used_up_by_the_plan_that_is_carried_out() -> None:
    case = replace(pair(), decisions={"gone": Decision(4, Take.XERO), "merged": Decision(5, Take.LEAVE)})
    done = settle(case, Plan(Action.FILTERED, "", left=frozenset({"merged"})), [], {}, MOMENT)
    assert done.used == (4,)
    waits = settle(case, Plan(Action.WAIT, "", look_at=at(5)), [], {}, MOMENT)
    assert waits.used == ()


def test_what_is_not_done_yet_withdraws_no_question() -> None:
    assert carried_out(Deferred(at(15), "offline", parks=True)).withdrawn == ()
    assert carried_out(Done(contact().id, UPDATED)).withdrawn == (account(), contact())


def test_a_record_that_was_created_is_tied_with_what_was_acknowledged() -> None:
    case, known = Case(CUSTOMERS, (due(account()),), account(), None), states(in_salesforce(Email__c=None))
    made = plan(case.situation(known))
    answer = Done(contact().id, in_xero(EmailAddress="").seen)
    settled = settle(case, made, [Written(made.writes[0], answer, 5)], known, MOMENT)
    assert settled.bind
    assert (settled.bind.salesforce, settled.bind.xero) == (account(), contact())
    assert settled.bind.base == {**IN_STEP, EMAIL: Agreed(None, None)}
    assert settled.entries[0].xero_id == contact().id


def test_a_contact_that_made_an_account_is_tied_the_right_way_round() -> None:
    case, known = Case(CUSTOMERS, (due(contact()),), None, contact()), states(in_xero())
    made = plan(case.situation(known))
    settled = settle(case, made, [Written(made.writes[0], Done(account().id), 5)], known, MOMENT)
    assert settled.bind
    assert (settled.bind.salesforce, settled.bind.xero) == (account(), contact())
    assert settled.entries[0].salesforce_id == account().id


def test_a_record_that_was_archived_is_remembered_as_the_answer_shows_it() -> None:
    case = pair()
    write = Write(XERO, Verb.ARCHIVE, Element(contact().id), {}, {})
    made = Plan(Action.ARCHIVE, "deleted in salesforce", (write,))
    (unseen,) = settle(case, made, [Written(write, Done(contact().id), 5)], {}, MOMENT).states
    assert unseen.seen.presence is Presence.ARCHIVED
    answered = settle(case, made, [Written(write, Done(contact().id, UPDATED), 5)], {}, MOMENT)
    assert [each.seen for each in answered.states] == [UPDATED]
    assert answered.base is None


def brought_back(answer: Answer, attempts: int = 0) -> Settled:
    """What becomes of the customer when its account is undeleted, and Xero answers so."""
    link = tied({**IN_STEP, PRESENCE: Agreed("deleted", "archived")})
    case = Case(CUSTOMERS, (due(account(), attempts),), account(), contact(), link)
    known = states(in_salesforce(), in_xero(Presence.ARCHIVED))
    made = plan(case.situation(known))
    return settle(case, made, [Written(made.writes[0], answer, 5)], known, MOMENT)


def test_what_was_brought_back_is_in_step_and_looked_at_again() -> None:
    settled = brought_back(Done(contact().id, in_xero().seen))
    assert settled.base == (7, {**IN_STEP, PRESENCE: Agreed("live", "live")})
    assert (settled.outcome, settled.again) == (Outcome.APPLIED, (account(),))


def test_what_xero_does_not_bring_back_is_a_question_and_not_tried_again() -> None:
    settled = brought_back(Declined("wrong_status", "an archived contact stays archived"))
    assert settled.base == (7, {**IN_STEP, PRESENCE: Agreed("live", "refused")})
    assert [each.topic for each in settled.asked] == ["restore"]
    assert (settled.outcome, settled.dead, settled.again) == (Outcome.FILTERED, None, ())


def test_what_xero_does_not_bring_back_just_now_is_tried_again() -> None:
    settled = brought_back(Declined("busy", "later", passes=True))
    assert settled.later
    assert (settled.asked, settled.base) == ((), None)


@pytest.mark.parametrize(
    ("action", "outcome"),
    [(Action.NOTHING, Outcome.UNCHANGED), (Action.FILTERED, Outcome.FILTERED), (Action.QUESTION, Outcome.FILTERED)],
)
def test_a_plan_without_writes_settles_by_its_action(action: Action, outcome: Outcome) -> None:
    settled = settle(pair(), Plan(action, "why"), [], {}, MOMENT)
    assert (settled.outcome, settled.reason, settled.base) == (outcome, "why", None)


def test_a_plan_that_waits_leaves_everything_as_it_is() -> None:
    settled = settle(pair(attempts=3), Plan(Action.WAIT, "in doubt", look_at=at(5)), [], {}, MOMENT)
    assert settled == Settled(pair(attempts=3).due, later=Later(at(5), "in doubt", attempts=3))


def test_what_both_sides_hold_already_is_learned_and_told() -> None:
    agreed = {PHONE: Agreed("03 222", "03 222")}
    settled = settle(pair(), Plan(Action.NOTHING, "in step", agreed=agreed), [], {}, MOMENT)
    assert settled.base == (7, {**IN_STEP, **agreed})
    (entry,) = settled.entries
    assert entry.changes == {PHONE: {"salesforce": "03 222", "xero": "03 222"}}


def test_an_echo_leaves_no_line_in_history() -> None:
    assert settle(pair(), Plan(Action.NOTHING, "in step"), [], {}, MOMENT).entries == ()


def test_records_that_were_tied_count_as_applied() -> None:
    settled = settle(pair(), Plan(Action.NOTHING, "linked by Name", link=True), [], {}, MOMENT)
    assert settled.outcome is Outcome.APPLIED
    assert settled.entries[0].reason == "linked by Name"


def test_a_question_is_kept_under_the_account_and_others_about_the_pair_are_withdrawn() -> None:
    made = Plan(Action.QUESTION, "why", questions=(Ask("gone", {"record": "x"}),))
    settled = settle(pair(), made, [], {}, MOMENT)
    (question,) = settled.asked
    assert (question.lane, question.mapping, question.ref, question.topic) == (
        "accounts/Contact",
        "customers",
        account(),
        "gone",
    )
    assert settled.withdrawn == (account(), contact())


def test_history_tells_what_each_write_came_to() -> None:
    done = carried_out(Done(contact().id, UPDATED, warnings=("shortened",)))
    refused = carried_out(Declined("validation", "no"))
    deferred = carried_out(Deferred(at(5), "offline", parks=True))
    told = [(settled.entries[0].outcome, settled.entries[0].error) for settled in (done, refused, deferred)]
    assert told == [("done", "shortened"), ("refused", "validation: no"), ("deferred", "offline")]
    assert done.entries[0].call_id == 5
    assert set(done.entries[0].changes) == {PHONE}


def test_a_case_that_could_not_be_planned_is_buried_with_its_reason() -> None:
    settled = failed(pair(), "condition", "no answer", MOMENT)
    assert (settled.dead, settled.outcome, settled.later) == (Dead("condition", "no answer"), None, None)
    assert (settled.entries[0].action, settled.entries[0].outcome) == ("plan", "failed")


def _preview(made: Plan) -> Settled:
    return previewed(pair(), made, MOMENT)


def test_in_observe_mode_every_write_is_recorded_and_nothing_else_happens() -> None:
    case, known = pair(), states(in_salesforce(Phone="03 222"), in_xero(EmailAddress="b@ridgeway.example"))
    settled = _preview(plan(case.situation(known)))
    assert settled.outcome is Outcome.FILTERED
    assert settled.reason.startswith("observe mode: would update")
    assert [(entry.target, entry.outcome) for entry in settled.entries] == [
        (XERO, "previewed"),
        (SALESFORCE, "previewed"),
    ]
    assert (settled.base, settled.bind, settled.states) == (None, None, ())


def test_in_observe_mode_a_tie_is_recorded_and_not_made() -> None:
    settled = _preview(Plan(Action.NOTHING, "linked by Name", link=True))
    assert (settled.outcome, settled.reason) == (Outcome.FILTERED, "observe mode: would link: linked by Name")
    (entry,) = settled.entries
    assert (entry.outcome, entry.target) == ("previewed", None)


def test_in_observe_mode_a_question_is_asked_all_the_same() -> None:
    settled = _preview(Plan(Action.UPDATE, "why", link=True, questions=(Ask("conflict:Phone", {}),)))
    assert [question.topic for question in settled.asked] == ["conflict:Phone"]


def test_several_due_records_of_a_case_share_its_attempts() -> None:
    both: Sequence[DueRecord] = (due(account(), 1), due(contact(), 4))
    case = replace(pair(), due=tuple(both), matched=Matched())
    settled = settle(case, Plan(Action.WAIT, "in doubt", look_at=at(5)), [], {}, MOMENT)
    assert settled.later
    assert settled.later.attempts == 4
