"""People who are customers themselves: their one name is two in Salesforce and three in Xero."""

from dataclasses import replace
from pathlib import Path

import pytest

from app import mapping as mapping_package
from app.engine.records import Observation, System
from app.mapping.loader import load_sync
from app.mapping.model import Mode, Sync
from app.mapping.values import Fields
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def template(name: str) -> Sync:
    path = Path(mapping_package.__file__).parent / "templates" / f"{name}.yaml"
    return replace(load_sync(path), mode=Mode.LIVE)


class People(World):
    """A world of people."""

    async def enter(self, system: System, id: str | None, **fields: str) -> str:
        """Somebody enters a person at either system, and what changed is reconciled."""
        self.clock.advance(60)
        id = self.vendor(system).put("Contact", id, dict(fields))
        await self.reconcile()
        return id

    def person(self, system: System) -> Fields:
        (seen,) = self.people(system)
        return seen.fields

    def people(self, system: System) -> list[Observation]:
        return list(self.vendor(system).all("Contact"))


@pytest.fixture
async def people(database: Database, clock: VirtualClock) -> People:
    world = People(database, clock, template("people"))
    await world.reconcile()
    return world


async def test_a_person_of_salesforce_has_a_whole_name_in_xero(people: People) -> None:
    await people.enter(SALESFORCE, None, FirstName="Ann", LastName="van Dam", Email="ann@vandam.example")
    contact = people.person(XERO)
    assert (contact["Name"], contact["FirstName"], contact["LastName"]) == ("Ann van Dam", "Ann", "van Dam")


async def test_a_person_of_xero_has_the_last_name_that_xero_tells(people: People) -> None:
    await people.enter(XERO, None, Name="Ann van Dam", FirstName="Ann", LastName="van Dam")
    person = people.person(SALESFORCE)
    assert (person["FirstName"], person["LastName"]) == ("Ann", "van Dam")
    assert "Name" not in person


async def test_a_contact_without_a_last_name_is_not_taken_for_a_person(people: People) -> None:
    await people.enter(XERO, None, Name="Ridgeway Ltd")
    assert people.people(SALESFORCE) == []


async def test_the_same_person_on_both_sides_is_recognised_by_name(people: People) -> None:
    await people.enter(XERO, None, Name="Ann Smith")
    await people.enter(SALESFORCE, None, FirstName="Ann", LastName="Smith")
    assert len(people.people(XERO)) == len(people.people(SALESFORCE)) == 1
    assert await people.link_count() == 1


async def test_who_marries_has_another_name_on_both_sides(people: People) -> None:
    person = await people.enter(SALESFORCE, None, FirstName="Ann", LastName="Smith")
    await people.enter(SALESFORCE, person, LastName="van Dam")
    assert people.person(XERO)["Name"] == "Ann van Dam"
    (contact,) = people.people(XERO)
    await people.enter(XERO, contact.ref.id, FirstName="Anna")
    assert people.person(SALESFORCE)["FirstName"] == "Anna"
    assert people.person(SALESFORCE)["LastName"] == "van Dam"
