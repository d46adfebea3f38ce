"""The people of an account are the contact persons of its customer, whatever happens to either."""

from collections.abc import AsyncIterator

import pytest

from app.engine.actions import Declined
from app.engine.events import Kind
from app.engine.records import RecordRef, System
from app.store import history, outcomes
from app.store.database import Database
from app.store.tables import metadata
from tests.support.clock import VirtualClock
from tests.support.people import PeopleWorld

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
async def world(clock: VirtualClock) -> AsyncIterator[PeopleWorld]:
    database = Database.direct("sqlite://", clock_now=clock.now)
    await database.run(metadata.create_all)
    world = PeopleWorld(database, clock)
    await world.reconcile()
    yield world
    await database.close()


async def test_a_customer_is_created_with_its_people(world: PeopleWorld) -> None:
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway"})
    world.put_person(None, AccountId=account, FirstName="Ann", LastName="Bell", Email="ann@ridgeway.example")
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.contact_of(account)["ContactPersons"] == [
        {"FirstName": "Ann", "LastName": "Bell", "EmailAddress": "ann@ridgeway.example"}
    ]


async def test_a_person_who_is_edited_is_edited_in_xero(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell")
    await world.drain()
    assert world.persons(account) == ["Bell"]
    await world.person(ann, LastName="Bell-Moss")
    await world.drain()
    assert world.persons(account) == ["Bell-Moss"]


async def test_a_person_who_is_deleted_leaves_and_comes_back_when_undeleted(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell")
    await world.drain()
    await world.delete_person(ann)
    await world.drain()
    assert world.persons(account) == []
    world.salesforce.restore("Contact", ann)
    await world.tell(ann, Kind.UNDELETED)
    await world.drain()
    assert world.persons(account) == ["Bell"]


async def test_a_person_who_changes_employers_moves_from_one_customer_to_the_other(world: PeopleWorld) -> None:
    old, new = await world.customer("Ridgeway"), await world.customer("Hillside")
    ann = await world.person(None, AccountId=old, LastName="Bell")
    await world.drain()
    await world.person(ann, AccountId=new)
    await world.drain()
    assert (world.persons(old), world.persons(new)) == ([], ["Bell"])
    await world.person(ann, AccountId=None)
    await world.drain()
    assert world.persons(new) == []


async def test_two_people_who_are_merged_are_one(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell")
    double = await world.person(None, AccountId=account, LastName="Bel")
    await world.drain()
    assert world.persons(account) == ["Bel", "Bell"]
    world.salesforce.merge("Contact", double, ann)
    await world.tell(double, Kind.DELETED)
    await world.drain()
    assert world.persons(account) == ["Bell"]


async def test_the_people_of_a_merged_account_go_to_the_one_that_stays(world: PeopleWorld) -> None:
    loser, survivor = await world.customer("Ridgeway"), await world.customer("Hillside")
    ann = await world.person(None, AccountId=loser, LastName="Bell")
    await world.drain()
    world.put_person(ann, AccountId=survivor)
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, loser, Kind.DELETED)
    await world.push(SALESFORCE, survivor)
    await world.drain()
    assert world.persons(survivor) == ["Bell"]


async def test_the_people_of_a_deleted_account_bring_nothing_back(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.salesforce.delete("Contact", ann)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account, Kind.DELETED)
    await world.tell(ann, Kind.DELETED)
    await world.drain()
    assert world.only(XERO).presence == "archived"
    assert (await world.outcomes())["dead"] == 0


async def test_a_sixth_person_is_named_and_comes_in_when_there_is_room(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    people = [
        await world.person(None, AccountId=account, LastName=f"Bell {n}", Email=f"{n}@ridgeway.example")
        for n in range(6)
    ]
    await world.drain()
    assert world.persons(account) == [f"Bell {n}" for n in range(5)]
    left_out = (await world.asked(account))["overflow"]["left_out"]
    assert left_out == ["Bell 5 <5@ridgeway.example>"]
    ref = RecordRef(SALESFORCE, "Account", account)
    (entry, *_) = await world.database.read(lambda conn: history.of_record(conn, ref))
    assert "no room in ContactPersons for Bell 5 <5@ridgeway.example>" in entry.reason

    await world.delete_person(people[0])
    await world.drain()
    assert world.persons(account) == [f"Bell {n}" for n in range(1, 6)]
    assert await world.asked(account) == {}


async def test_people_with_an_e_mail_address_come_before_older_ones_without(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    for n in range(5):
        await world.person(None, AccountId=account, LastName=f"Older {n}")
    await world.person(None, AccountId=account, LastName="Zimmer", Email="z@ridgeway.example")
    await world.drain()
    assert world.persons(account) == ["Older 0", "Older 1", "Older 2", "Older 3", "Zimmer"]
    assert (await world.asked(account))["overflow"]["left_out"] == ["Older 4"]


async def test_a_change_of_the_one_without_room_is_told_and_writes_nothing(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    people = [await world.person(None, AccountId=account, LastName=f"Bell {n}") for n in range(6)]
    await world.drain()
    writes = world.writes(XERO)
    await world.person(people[5], LastName="Moss")
    await world.drain()
    assert world.writes(XERO) == writes
    assert (await world.asked(account))["overflow"]["left_out"] == ["Moss"]


async def test_a_push_that_was_lost_is_made_good_by_reconcile(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = world.put_person(None, AccountId=account, LastName="Bell")
    await world.reconcile()
    assert world.persons(account) == ["Bell"]
    world.clock.advance(1)
    world.salesforce.delete("Contact", ann)
    await world.reconcile()
    assert world.persons(account) == []


async def test_a_person_of_nobody_is_filtered(world: PeopleWorld) -> None:
    ann = await world.person(None, LastName="Bell")
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Contact", ann))
    assert (told.outcome, told.reason) == ("filtered", "part of nothing")


async def test_a_person_s_event_ends_where_its_account_is_looked_at(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell")
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Contact", ann))
    assert told.outcome == "superseded"
    assert told.reason == f"part of {RecordRef(SALESFORCE, 'Account', account)}, looked at in its stead"


async def test_a_fixed_person_revives_the_account_that_xero_refused(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    contact = world.only(XERO).ref.id
    world.xero.decline_next(Declined("invalid", "the e-mail address is not valid"), id=contact)
    ann = await world.person(None, AccountId=account, LastName="Bell", Email="ann@@ridgeway.example")
    await world.drain()
    assert await world.dead() == ["invalid"]
    await world.person(ann, Email="ann@ridgeway.example")
    await world.drain()
    assert (await world.dead(), world.persons(account)) == ([], ["Bell"])


async def test_what_only_xero_knows_of_a_person_stays(world: PeopleWorld) -> None:
    account = await world.customer("Ridgeway")
    ann = await world.person(None, AccountId=account, LastName="Bell", Email="ann@ridgeway.example")
    await world.drain()
    bell = {"LastName": "Bell", "EmailAddress": "ann@ridgeway.example", "IncludeInEmails": True}
    await world.edit(XERO, world.only(XERO).ref.id, ContactPersons=[bell])
    await world.person(ann, LastName="Bell-Moss")
    await world.drain()
    assert world.contact_of(account)["ContactPersons"] == [{**bell, "LastName": "Bell-Moss"}]
