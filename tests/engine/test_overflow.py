"""Whoever Xero has no room for is named: in a question that stands as long as it holds, and in history."""

from dataclasses import replace

from app.engine.ledger import Decision, Take
from app.engine.overflow import with_overflow
from app.engine.plan import plan
from app.engine.plans import Action, Plan, Situation
from app.engine.records import Presence, State
from app.mapping.model import Direction
from app.mapping.values import Fields, Json
from tests.support.people import PEOPLE, people_sync
from tests.support.records import NOON, account, contact, link, state

MAPPING = people_sync().mappings["customers"]
LINK = link(account(), contact())


def with_people(number: int, presence: Presence = Presence.LIVE) -> State:
    rows: list[Json] = [{"Id": f"003{n}", "LastName": f"Bell {n}"} for n in range(number)]
    return state(account(), NOON, {"Name": "Ridgeway", "Contacts": rows}, presence)


def planned(salesforce: State, xero: Fields | None) -> Plan:
    other = None if xero is None else state(contact(), NOON, {"Name": "Ridgeway", **xero})
    situation = Situation(MAPPING, salesforce, other, LINK if other else None)
    return with_overflow(plan(situation), situation)


def test_a_write_names_whom_it_leaves_out() -> None:
    made = planned(with_people(7), {})
    (ask,) = made.questions
    assert (made.action, ask.topic, ask.detail["left_out"]) == (Action.UPDATE, "overflow", ["Bell 5", "Bell 6"])
    (write,) = made.writes
    change = write.changes[PEOPLE.name]
    assert isinstance(change, dict)
    assert str(change["rule"]).endswith("; no room in ContactPersons for Bell 5, Bell 6")


def test_a_create_names_them_too() -> None:
    made = planned(with_people(6), None)
    assert (made.action, [ask.topic for ask in made.questions]) == (Action.CREATE, ["overflow"])


def test_it_is_told_even_where_nothing_is_to_be_done() -> None:
    five: list[Json] = [{"LastName": f"Bell {n}"} for n in range(5)]
    made = planned(with_people(6), {"ContactPersons": five})
    assert (made.action, made.reason) == (
        Action.NOTHING,
        "both sides are in step; no room in ContactPersons for Bell 5",
    )
    assert [ask.topic for ask in made.questions] == ["overflow"]


def test_five_are_no_overflow() -> None:
    assert planned(with_people(5), {}).questions == ()


def test_nothing_is_told_of_a_record_that_is_gone_or_not_carried() -> None:
    assert planned(with_people(6, Presence.DELETED), {}).questions == ()
    unsent = replace(MAPPING, fields=(replace(PEOPLE, direction=Direction.TO_SALESFORCE),))
    situation = Situation(unsent, with_people(6), state(contact(), NOON, {}), LINK)
    assert with_overflow(plan(situation), situation).questions == ()
    kept_out = Situation(replace(MAPPING, create_in_xero=None), with_people(6), None)
    assert with_overflow(plan(kept_out), kept_out).questions == ()


def test_whom_a_person_left_out_is_not_asked_about_until_it_is_somebody_else() -> None:
    five = state(contact(), NOON, {"ContactPersons": [{"LastName": f"Bell {n}"} for n in range(5)]})
    six = Situation(MAPPING, with_people(6), five, LINK)
    (asked,) = with_overflow(plan(six), six).questions
    answered = {"overflow": Decision(1, Take.LEAVE, asked.detail)}
    again, seven = replace(six, decisions=answered), replace(six, salesforce=with_people(7), decisions=answered)
    left_so = with_overflow(plan(again), again)
    assert (left_so.questions, set(left_so.left)) == ((), {"overflow"})
    assert [ask.topic for ask in with_overflow(plan(seven), seven).questions] == ["overflow"]
