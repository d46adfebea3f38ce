"""A part that is not shown any more stays, unless something says that it is gone."""

import pytest

from app.engine.hidden_parts import missing, with_hidden, with_hidden_told
from app.engine.ledger import Decision, Take
from app.engine.plan import plan
from app.engine.plans import Action, Plan, Situation
from app.engine.records import Observation, Presence, RecordRef, State, System
from app.mapping.salesforce_ids import to_18
from app.mapping.values import Fields, Json
from tests.support.people import people_sync
from tests.support.records import NOON, contact, link, state

SYNC = people_sync()
MAPPING = SYNC.mappings["customers"]
ACCOUNT = RecordRef(System.SALESFORCE, "Account", to_18("0015g0000000001"))
OTHER = to_18("0015g0000000002")
ASH, BELL, COLE = (to_18(f"0035g0000000{name}") for name in ("Ash", "Bel", "Col"))


def row(id: str, **fields: Json) -> Fields:
    return {"Id": id, "LastName": id[12:15], "FirstName": None, "Email": None, **fields}


def whole(*rows: Fields, presence: Presence = Presence.LIVE) -> State:
    return state(ACCOUNT, NOON, {"Name": "Ridgeway", "Contacts": list(rows)}, presence)


def person(id: str, presence: Presence, **fields: Json) -> State:
    return state(RecordRef(System.SALESFORCE, "Contact", id), NOON, fields, presence)


def shown(seen: Observation) -> list[str]:
    rows = seen.fields["Contacts"]
    assert isinstance(rows, list)
    return [str(each["Id"]) for each in rows if isinstance(each, dict)]


def after_a_look(looked_at: State) -> Observation:
    """What is seen of an account that showed Ash, Bell and Cole, and shows Bell no more."""
    before, seen = whole(row(ASH), row(BELL), row(COLE)), whole(row(ASH), row(COLE)).seen
    assert missing(SYNC, before, seen) == (looked_at.ref,)
    return with_hidden(SYNC, before, seen, {looked_at.ref: looked_at})


def test_who_is_merely_not_shown_stays_at_the_same_place() -> None:
    seen = after_a_look(person(BELL, Presence.INVISIBLE))
    assert shown(seen) == [ASH, BELL, COLE]
    assert SYNC.mappings["customers"].fields[-1].salesforce.read(seen.fields) == MAPPING.fields[-1].salesforce.read(
        whole(row(ASH), row(BELL), row(COLE)).seen.fields
    )


@pytest.mark.parametrize(
    "looked_at",
    [
        person(BELL, Presence.DELETED, AccountId=ACCOUNT.id),
        person(BELL, Presence.LIVE, AccountId=OTHER),
        person(BELL, Presence.LIVE, AccountId=None),
    ],
    ids=["deleted", "of another account", "of nobody"],
)
def test_who_is_known_to_be_gone_is_gone(looked_at: State) -> None:
    assert shown(after_a_look(looked_at)) == [ASH, COLE]


def test_who_was_out_of_sight_for_a_moment_only_is_shown_as_it_is_now() -> None:
    seen = after_a_look(person(BELL, Presence.LIVE, AccountId=ACCOUNT.id, LastName="Bell-Moss"))
    rows = seen.fields["Contacts"]
    assert isinstance(rows, list)
    assert rows[1] == {"Id": BELL, "LastName": "Bell-Moss", "FirstName": None, "Email": None}


def test_nobody_is_missing_of_what_was_never_seen_or_is_gone() -> None:
    assert missing(SYNC, None, whole(row(ASH)).seen) == ()
    assert missing(SYNC, whole(row(ASH)), whole(presence=Presence.DELETED).seen) == ()
    assert missing(SYNC, whole(row(ASH)), whole(row(ASH), row(BELL)).seen) == ()


def test_nobody_is_missing_where_no_people_are_shown_at_all() -> None:
    assert missing(SYNC, whole(row(ASH)), state(ACCOUNT, NOON, {"Name": "Ridgeway"}).seen) == ()


def planned(salesforce: State, decision: Decision | None = None) -> Plan:
    other = state(contact(), NOON, {"Name": "Ridgeway"})
    decisions = {"invisible_part": decision} if decision else {}
    situation = Situation(MAPPING, salesforce, other, link(ACCOUNT, contact()), decisions=decisions)
    return with_hidden_told(plan(situation), situation)


def test_a_person_is_asked_who_is_not_shown_as_long_as_it_is_so() -> None:
    seen = after_a_look(person(BELL, Presence.INVISIBLE))
    made = planned(state(ACCOUNT, NOON, seen.fields))
    (asked,) = made.questions
    assert (asked.topic, asked.detail["records"]) == ("invisible_part", [f"salesforce:Contact:{BELL}"])
    assert made.action is Action.UPDATE
    assert planned(whole(row(ASH), row(BELL))).questions == ()
    assert planned(whole(row(ASH), presence=Presence.DELETED)).questions == ()


def test_what_a_person_has_left_so_is_not_asked_again() -> None:
    seen = after_a_look(person(BELL, Presence.INVISIBLE))
    made = planned(state(ACCOUNT, NOON, seen.fields))
    decided = planned(state(ACCOUNT, NOON, seen.fields), Decision(1, Take.LEAVE, made.questions[0].detail))
    assert (len(decided.questions), decided.left) == (0, frozenset({"invisible_part"}))
