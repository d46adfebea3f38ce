"""People who are customers themselves: their one name is two in Salesforce and three in Xero."""

from dataclasses import replace
from pathlib import Path

import pytest

from app import mapping as mapping_package
from app.engine.records import Observation, RecordRef, System
from app.mapping.loader import load_sync
from app.mapping.model import Mode
from app.mapping.values import Fields
from app.store import links, questions
from tests.support.kinds import NewWorld
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
TEMPLATE = Path(mapping_package.__file__).parent / "templates" / "people.yaml"


@pytest.fixture
async def people(new_world: NewWorld) -> World:
    """A world of people, which has been read once."""
    world: World = new_world(replace(load_sync(TEMPLATE), mode=Mode.LIVE))
    await world.reconcile()
    return world


async def enter(world: World, system: System, id: str | None, **fields: str) -> str:
    """Somebody enters or edits a person at either system, and what changed is reconciled."""
    world.clock.advance(60)
    id = world.vendor(system).put("Contact", id, dict(fields))
    await world.reconcile()
    return id


async def found(world: World) -> None:
    """What happened is found by reconcile, also where answers to a batch are scanty."""
    await world.reconcile()
    world.clock.advance(130)
    await world.drain()


def everybody(world: World, system: System) -> list[Observation]:
    return list(world.vendor(system).all("Contact"))


def person(world: World, system: System) -> Fields:
    (seen,) = everybody(world, system)
    return seen.fields


async def test_a_person_of_salesforce_has_a_whole_name_in_xero(people: World) -> None:
    await enter(people, SALESFORCE, None, FirstName="Ann", LastName="van Dam", Email="ann@vandam.example")
    contact = person(people, XERO)
    assert (contact["Name"], contact["FirstName"], contact["LastName"]) == ("Ann van Dam", "Ann", "van Dam")


async def test_a_person_of_xero_has_the_last_name_that_xero_tells(people: World) -> None:
    await enter(people, XERO, None, Name="Ann van Dam", FirstName="Ann", LastName="van Dam")
    fields = person(people, SALESFORCE)
    assert (fields["FirstName"], fields["LastName"]) == ("Ann", "van Dam")


async def test_a_contact_without_a_last_name_is_not_taken_for_a_person(people: World) -> None:
    await enter(people, XERO, None, Name="Ridgeway Ltd")
    assert everybody(people, SALESFORCE) == []


async def test_the_same_person_on_both_sides_is_recognised_by_name(people: World) -> None:
    await enter(people, XERO, None, Name="Ann Smith")
    await enter(people, SALESFORCE, None, FirstName="Ann", LastName="Smith")
    assert len(everybody(people, XERO)) == len(everybody(people, SALESFORCE)) == 1
    assert await people.link_count() == 1


async def test_who_marries_has_another_name_on_both_sides(people: World) -> None:
    ann = await enter(people, SALESFORCE, None, FirstName="Ann", LastName="Smith")
    await enter(people, SALESFORCE, ann, LastName="van Dam")
    assert person(people, XERO)["Name"] == "Ann van Dam"
    (contact,) = everybody(people, XERO)
    await enter(people, XERO, contact.ref.id, FirstName="Anna")
    assert person(people, SALESFORCE)["FirstName"] == "Anna"
    assert person(people, SALESFORCE)["LastName"] == "van Dam"


async def test_a_person_who_is_deleted_is_archived_and_comes_back_when_undeleted(people: World) -> None:
    ann = await enter(people, SALESFORCE, None, FirstName="Ann", LastName="Smith")
    people.clock.advance(60)
    people.salesforce.delete("Contact", ann)
    await found(people)
    assert [seen.presence for seen in everybody(people, XERO)] == ["archived"]
    people.salesforce.restore("Contact", ann)
    await found(people)
    assert [seen.presence for seen in everybody(people, XERO)] == ["live"]


async def test_a_person_who_is_merged_hands_the_contact_to_the_one_who_stays(people: World) -> None:
    loser = await enter(people, SALESFORCE, None, FirstName="Ann", LastName="Smith")
    (contact,) = everybody(people, XERO)
    people.clock.advance(60)
    survivor = people.salesforce.put("Contact", None, {"FirstName": "Ann", "LastName": "van Dam"})
    people.salesforce.merge("Contact", loser, survivor)
    await found(people)
    ref = RecordRef(SALESFORCE, "Contact", survivor)
    (link,) = (await people.database.read(lambda conn: links.of(conn, people.sync.name, [ref])))[ref]
    assert (link.xero.id, person(people, XERO)["Name"]) == (contact.ref.id, "Ann van Dam")


async def test_two_people_with_a_contact_each_who_are_merged_are_a_question(people: World) -> None:
    loser = await enter(people, SALESFORCE, None, FirstName="Ann", LastName="Smith")
    survivor = await enter(people, SALESFORCE, None, FirstName="Ann", LastName="van Dam")
    people.clock.advance(60)
    people.salesforce.merge("Contact", loser, survivor)
    await found(people)
    (question,) = await people.database.read(questions.open_questions)
    assert question.topic == "merged"
    assert [seen.presence for seen in everybody(people, XERO)] == ["live", "live"]
