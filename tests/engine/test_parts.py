"""A part that is due makes those due that it belongs to, and those that it belonged to."""

from app.engine.events import Priority
from app.engine.lane import Lane
from app.engine.ledger import DueRecord, Outcome
from app.engine.memory import HandedOver
from app.engine.parts import parents, settled_stray
from app.engine.records import RecordRef, System
from app.mapping.model import Direction, Mapping, Mode, Part, Sync
from app.mapping.values import Fields
from tests.support.people import people_sync
from tests.support.records import NOON, account, contact, state

SALESFORCE, XERO = System.SALESFORCE, System.XERO
BELL = RecordRef(SALESFORCE, "Contact", "003000000000001AAA")
PAYMENTS = tuple(Part(XERO, "Payment", (paid, "Contact", "ContactID")) for paid in ("Invoice", "CreditNote"))


def lane_of(sync: Sync) -> Lane:
    (name,) = sync.lanes()
    return Lane(name, sync, sync.lanes()[name])


def parents_of_person(fields: Fields) -> tuple[RecordRef, ...]:
    return parents(lane_of(people_sync()), state(BELL, NOON, fields))


def test_the_parent_is_whom_the_part_names() -> None:
    ref = account(1)._replace(id="001000000000001AAA")
    assert parents_of_person({"AccountId": ref.id}) == parents_of_person({"AccountId": ref.id[:15]}) == (ref,)


def test_a_part_that_names_nobody_has_no_parent() -> None:
    assert (
        parents_of_person({"AccountId": None}) == parents_of_person({}) == parents_of_person({"AccountId": "?"}) == ()
    )
    assert parents(lane_of(people_sync()), None) == ()


def test_the_parent_may_stand_deep_inside_and_in_one_of_several_places() -> None:
    mapping = Mapping("customers", "Account", "Contact", Direction.BOTH, (), (), parts=PAYMENTS)
    lane = lane_of(Sync("acme", Mode.LIVE, "main", "nz", {"customers": mapping}))
    payment = RecordRef(XERO, "Payment", "p")
    for paid in ("Invoice", "CreditNote"):
        fields: Fields = {paid: {"Contact": {"ContactID": contact(1).id.upper()}}, "Amount": 5}
        assert parents(lane, state(payment, NOON, fields)) == (contact(1),)


def test_old_and_new_parents_are_concerned_each_once() -> None:
    moved = HandedOver(BELL, (account(2), account(1)), (account(1), account(3)), Priority.PUSH)
    assert moved.concerns == (account(1), account(3), account(2))


def test_a_part_s_own_work_ends_where_its_parents_are_looked_at() -> None:
    due = DueRecord(BELL, 1, Priority.PUSH, 0, NOON)
    nowhere = settled_stray(due, HandedOver(BELL, (), (), Priority.PUSH))
    handed = settled_stray(due, HandedOver(BELL, (account(1),), (), Priority.PUSH))
    unknown = settled_stray(due, None)
    assert (nowhere.outcome, nowhere.reason) == (Outcome.FILTERED, "part of nothing")
    assert (handed.outcome, handed.reason) == (Outcome.SUPERSEDED, f"part of {account(1)}, looked at in its stead")
    assert (unknown.outcome, unknown.reason) == (Outcome.FILTERED, "no mapping of the sync file concerns it now")
