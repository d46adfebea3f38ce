"""Who has a name or number that is taken, and when it is given up."""

from dataclasses import replace

import pytest

from app.engine.actions import Declined, Element, Verb
from app.engine.apply import Job
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.holders import Holder, find_holder, freed
from app.engine.ledger import Question
from app.engine.plans import Write
from app.engine.records import Presence, System
from app.mapping.values import Fields, Value
from tests.engine.conftest import InterruptibleWorld
from tests.support.bench import bench_of
from tests.support.customers import CUSTOMERS, in_xero
from tests.support.records import LANE, account, contact, state

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def refused(target: System, fields: Fields, key: tuple[str, str] | None = None) -> Job:
    """A write to `target` that was refused."""
    case = Case(CUSTOMERS, (), account() if target is XERO else None, contact() if target is SALESFORCE else None)
    named = key or (None, None)
    return Job(case, Write(target, Verb.CREATE, Element(None, fields, *named), {}, {}))


async def found(world: InterruptibleWorld, job: Job, declined: Declined) -> Holder | None:
    return await find_holder(await bench_of(world), job, declined, None, Priority.PUSH)


NAME_TAKEN = Declined("name_taken", "taken", taken=True)
NUMBER_TAKEN = Declined("number_taken", "taken", taken=True)


async def test_a_name_is_held_by_a_live_contact_rather_than_an_archived_one(world: InterruptibleWorld) -> None:
    world.xero.archive("Contact", world.xero.put("Contact", None, {"Name": "Harbour"}))
    live = world.xero.put("Contact", None, {"Name": "harbour"})
    holder = await found(world, refused(XERO, {"Name": "Harbour"}), NAME_TAKEN)
    assert holder == Holder("Name", "Harbour", contact()._replace(id=live))


async def test_a_number_is_looked_for_where_ours_would_stand(world: InterruptibleWorld) -> None:
    other = world.xero.put("Contact", None, {"Name": "Harbour", "ContactNumber": account().id})
    job = refused(XERO, {"Name": "Ridgeway"}, ("ContactNumber", account().id))
    holder = await found(world, job, NUMBER_TAKEN)
    assert holder == Holder("ContactNumber", account().id, contact()._replace(id=other))


async def test_whom_salesforce_names_is_not_looked_for(world: InterruptibleWorld) -> None:
    named = replace(NUMBER_TAKEN, rivals=(account(2).id,))
    job = refused(SALESFORCE, {"Name": "Ridgeway"}, ("Xero_Contact_Id__c", contact().id))
    assert await found(world, job, named) == Holder("Xero_Contact_Id__c", contact().id, account(2))
    by_rule = replace(named, code="duplicate_rule")
    assert await found(world, job, by_rule) == Holder(None, None, account(2))
    assert world.salesforce.calls == []


async def test_nobody_may_show(world: InterruptibleWorld) -> None:
    assert await found(world, refused(XERO, {"Name": "Harbour"}), NAME_TAKEN) is None


def waiting(field: str | None, value: str | None) -> Case:
    """The case of a contact that has what an account waits for."""
    detail: dict[str, Value] = {"field": field, "value": value}
    question = Question(LANE, "customers", account(2), "taken", detail, other=contact())
    return Case(CUSTOMERS, (), None, contact(), waiting=(question,))


@pytest.mark.parametrize(
    ("field", "value", "presence", "free"),
    [
        ("Name", "ridgeway ", Presence.LIVE, False),
        ("Name", "Harbour", Presence.LIVE, True),
        ("Name", "Ridgeway", Presence.ARCHIVED, True),
        ("ContactNumber", "7", Presence.ARCHIVED, False),
        ("ContactNumber", "8", Presence.ARCHIVED, True),
        ("CompanyNumber", "8", Presence.LIVE, False),
        (None, None, Presence.LIVE, True),
        (None, None, Presence.DELETED, True),
    ],
)
def test_who_waits_is_free_once_the_holder_gives_it_up(
    field: str | None, value: str | None, presence: Presence, *, free: bool
) -> None:
    holder = in_xero(presence, ContactNumber="7")
    assert freed(waiting(field, value), {contact(): holder}) == ((account(2),) if free else ())


def test_a_holder_that_is_not_known_frees_nobody() -> None:
    assert freed(waiting("Name", "Harbour"), {}) == ()
    assert freed(Case(CUSTOMERS, (), None, contact()), {contact(): state(contact())}) == ()


@pytest.mark.parametrize(("presence", "free"), [(Presence.LIVE, False), (Presence.ARCHIVED, True)])
def test_who_has_a_single_candidate_is_free_when_that_goes(presence: Presence, *, free: bool) -> None:
    question = Question(LANE, "customers", account(2), "ambiguous", {"candidates": [str(contact())]}, other=contact())
    case = Case(CUSTOMERS, (), None, contact(), waiting=(question,))
    assert freed(case, {contact(): in_xero(presence, Name="Renamed")}) == ((account(2),) if free else ())
