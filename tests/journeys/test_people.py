"""The people of an account are the contact persons of its customer, whatever happens to either."""

import pytest

from app.cli import decide
from app.engine.actions import Declined
from app.engine.events import Kind
from app.engine.ledger import Take
from app.engine.records import RecordRef, System
from app.errors import Doubtful
from app.store import history, outcomes, questions
from tests.support.kinds import NewWorld
from tests.support.people import People, people_sync, sync_of_people_and_accounts
from tests.support.world import World, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    world = new_world(people_sync())
    await world.reconcile()
    return world


@pytest.fixture
def people(world: World) -> People:
    return People(world)


async def test_a_customer_is_created_with_its_people(world: World, people: People) -> None:
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway"})
    people.put(None, AccountId=account, FirstName="Ann", LastName="Bell", Email="ann@ridgeway.example")
    await world.push(SALESFORCE, account)
    await world.drain()
    (ann,) = people.shown(account)
    assert ann.items() >= {"FirstName": "Ann", "LastName": "Bell", "EmailAddress": "ann@ridgeway.example"}.items()


async def test_a_person_who_is_edited_is_edited_in_xero(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    assert people.names(account) == ["Bell"]
    await people.enter(ann, LastName="Bell-Moss")
    await world.drain()
    assert people.names(account) == ["Bell-Moss"]


async def test_a_person_who_is_deleted_leaves_and_comes_back_when_undeleted(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    await people.delete(ann)
    await world.drain()
    assert people.names(account) == []
    world.salesforce.restore("Contact", ann)
    await people.push(ann, Kind.UNDELETED)
    await world.drain()
    assert people.names(account) == ["Bell"]


async def test_a_person_who_changes_employers_moves_from_one_customer_to_the_other(
    world: World, people: People
) -> None:
    old, new = await people.customer("Ridgeway"), await people.customer("Hillside")
    ann = await people.enter(None, AccountId=old, LastName="Bell")
    await world.drain()
    await people.enter(ann, AccountId=new)
    await world.drain()
    assert (people.names(old), people.names(new)) == ([], ["Bell"])
    await people.enter(ann, AccountId=None)
    await world.drain()
    assert people.names(new) == []


@pytest.mark.facts
async def test_two_people_who_are_merged_are_one(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    double = await people.enter(None, AccountId=account, LastName="Bel")
    await world.drain()
    assert people.names(account) == ["Bel", "Bell"]
    world.salesforce.merge("Contact", double, ann)
    await people.push(double, Kind.DELETED)
    await world.drain()
    assert people.names(account) == ["Bell"]


async def test_the_people_of_a_merged_account_go_to_the_one_that_stays(world: World, people: People) -> None:
    loser, survivor = await people.customer("Ridgeway"), await people.customer("Hillside")
    ann = await people.enter(None, AccountId=loser, LastName="Bell")
    await world.drain()
    people.put(ann, AccountId=survivor)
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, loser, Kind.DELETED)
    await world.push(SALESFORCE, survivor)
    await world.drain()
    assert people.names(survivor) == ["Bell"]


async def test_the_people_of_a_deleted_account_bring_nothing_back(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.salesforce.delete("Contact", ann)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account, Kind.DELETED)
    await people.push(ann, Kind.DELETED)
    await world.drain()
    assert world.only(XERO).presence == "archived"
    assert (await world.outcomes())["dead"] == 0


async def test_a_sixth_person_is_named_and_comes_in_when_there_is_room(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    entered = [
        await people.enter(None, AccountId=account, LastName=f"Bell {n}", Email=f"{n}@ridgeway.example")
        for n in range(6)
    ]
    await world.drain()
    assert people.names(account) == [f"Bell {n}" for n in range(5)]
    left_out = (await people.asked(account))["overflow"]["left_out"]
    assert left_out == ["Bell 5 <5@ridgeway.example>"]
    ref = RecordRef(SALESFORCE, "Account", account)
    (entry, *_) = await world.database.read(lambda conn: history.of_record(conn, ref))
    assert "no room in ContactPersons for Bell 5 <5@ridgeway.example>" in entry.reason

    await people.delete(entered[0])
    await world.drain()
    assert people.names(account) == [f"Bell {n}" for n in range(1, 6)]
    assert await people.asked(account) == {}


async def test_people_with_an_e_mail_address_come_before_older_ones_without(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    for n in range(5):
        await people.enter(None, AccountId=account, LastName=f"Older {n}")
    await people.enter(None, AccountId=account, LastName="Zimmer", Email="z@ridgeway.example")
    await world.drain()
    assert people.names(account) == ["Older 0", "Older 1", "Older 2", "Older 3", "Zimmer"]
    assert (await people.asked(account))["overflow"]["left_out"] == ["Older 4"]


async def test_a_change_of_the_one_without_room_is_told_and_writes_nothing(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    entered = [await people.enter(None, AccountId=account, LastName=f"Bell {n}") for n in range(6)]
    await world.drain()
    writes = world.writes(XERO)
    await people.enter(entered[5], LastName="Moss")
    await world.drain()
    assert world.writes(XERO) == writes
    assert (await people.asked(account))["overflow"]["left_out"] == ["Moss"]


async def test_a_push_that_was_lost_is_made_good_by_reconcile(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = people.put(None, AccountId=account, LastName="Bell")
    await world.reconcile()
    assert people.names(account) == ["Bell"]
    world.clock.advance(1)
    world.salesforce.delete("Contact", ann)
    await world.reconcile()
    assert people.names(account) == []


async def test_a_person_of_nobody_is_filtered(world: World, people: People) -> None:
    ann = await people.enter(None, LastName="Bell")
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Contact", ann))
    assert (told.outcome, told.reason) == ("filtered", "part of nothing")


async def test_a_person_s_event_ends_where_its_account_is_looked_at(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Contact", ann))
    assert told.outcome == "superseded"
    assert told.reason == f"part of {RecordRef(SALESFORCE, 'Account', account)}, looked at in its stead"


async def test_a_fixed_person_revives_the_account_that_xero_refused(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    contact = world.only(XERO).ref.id
    world.xero.decline_next(Declined("invalid", "the e-mail address is not valid"), id=contact)
    ann = await people.enter(None, AccountId=account, LastName="Bell", Email="änn@ridgeway.example")
    await world.drain()
    assert len(await world.dead()) == 1
    await people.enter(ann, Email="ann@ridgeway.example")
    await world.drain()
    assert (await world.dead(), people.names(account)) == ([], ["Bell"])


async def test_what_only_xero_knows_of_a_person_stays(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell", Email="ann@ridgeway.example")
    await world.drain()
    bell = {"LastName": "Bell", "EmailAddress": "ann@ridgeway.example", "IncludeInEmails": True}
    await world.edit(XERO, world.only(XERO).ref.id, ContactPersons=[bell])
    await people.enter(ann, LastName="Bell-Moss")
    await world.drain()
    assert people.shown(account) == [{**bell, "LastName": "Bell-Moss"}]


async def test_somebody_who_is_a_customer_and_belongs_to_one_is_both(new_world: NewWorld) -> None:
    world = new_world(sync_of_people_and_accounts())
    await world.reconcile()
    people = People(world)
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, FirstName="Ann", LastName="Bell", Email="ann@example.com")
    await world.drain()
    assert people.names(account) == ["Bell"]
    assert people.customer_of(ann)["FirstName"] == "Ann"
    await people.enter(ann, FirstName="Anna")
    await world.drain()
    assert people.shown(account)[0]["FirstName"] == people.customer_of(ann)["FirstName"] == "Anna"
    told = await world.database.read(lambda conn: outcomes.of_record(conn, SALESFORCE, "Contact", ann))
    assert [each.outcome for each in told] == ["applied", "applied"]


@pytest.mark.memory
async def test_a_person_who_is_merely_not_shown_stays_and_somebody_is_asked(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    await people.enter(None, AccountId=account, LastName="Ash")
    bell = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.salesforce.hidden.add(bell)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert people.names(account) == ["Ash", "Bell"]
    (asked,) = await world.database.read(questions.open_questions)
    assert (asked.topic, asked.detail["records"]) == ("invisible_part", [f"salesforce:Contact:{bell}"])
    world.salesforce.hidden.clear()
    await world.edit(SALESFORCE, account, Phone="03 333")
    await world.drain()
    assert await world.database.read(questions.open_questions) == ()


@pytest.mark.memory
async def test_a_person_who_is_not_shown_leaves_when_somebody_says_they_are_gone(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    await people.enter(None, AccountId=account, LastName="Ash")
    bell, cole = [await people.enter(None, AccountId=account, LastName=name) for name in ("Bell", "Cole")]
    await world.drain()
    world.salesforce.purge("Contact", bell)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert people.names(account) == ["Ash", "Bell", "Cole"]
    world.salesforce.hidden.add(cole)  # of whom nobody has been asked when the answer is given
    await decide.carry_out(world.runtime, account, Take.GONE)
    await world.drain()
    assert people.names(account) == ["Ash", "Cole"]
    (asked,) = await world.database.read(questions.open_questions)
    assert asked.detail["records"] == [f"salesforce:Contact:{cole}"]
    await decide.carry_out(world.runtime, account, Take.LEAVE)
    await world.edit(SALESFORCE, account, Phone="03 333")
    await world.drain()
    assert people.names(account) == ["Ash", "Cole"]
    assert await world.database.read(questions.open_questions) == ()


@pytest.mark.memory
async def test_a_person_who_was_not_shown_leaves_once_it_is_known_to_be_deleted(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.salesforce.hidden.add(ann)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    world.salesforce.hidden.clear()
    await people.delete(ann)
    await world.drain()
    assert people.names(account) == []
    assert await world.database.read(questions.open_questions) == ()


@pytest.mark.memory
async def test_who_is_not_shown_stays_whoever_reads_the_account(world: World, people: People) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.clock.advance(3600)
    world.salesforce.hidden.add(ann)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.reconcile()
    world.clock.advance(30)
    await world.reconcile()
    assert people.names(account) == ["Bell"]
    assert [each.topic for each in await world.database.read(questions.open_questions)] == ["invisible_part"]
    world.salesforce.fail_next(Doubtful("cut"), carried_out=True)
    await world.edit(XERO, world.only(XERO).ref.id, Phones=phone("03 999"))
    await world.drain()
    world.clock.advance(10)
    await world.drain()
    await world.edit(SALESFORCE, account, Email__c="x@y.example")
    await world.drain()
    assert people.names(account) == ["Bell"]


@pytest.mark.memory
async def test_a_person_who_went_while_nobody_listened_leaves_with_the_next_reading(
    world: World, people: People
) -> None:
    account = await people.customer("Ridgeway")
    ann = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    world.clock.advance(3600)
    world.salesforce.delete("Contact", ann)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.reconcile()
    assert people.names(account) == []
