"""A world whose accounts have people, who are the contact persons of their customers in Xero."""

from collections.abc import Mapping as MappingOf
from dataclasses import replace

from app.engine.events import Event, Kind, Origin
from app.engine.records import RecordRef, System
from app.mapping.model import Direction, FieldRule, Mapping, OnConflict, Sync
from app.mapping.parts import parts_of
from app.mapping.persons import salesforce_people, xero_people
from app.mapping.sync_file import CONTACTS
from app.mapping.values import Fields, Value
from app.store import questions
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import ORG, World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
PEOPLE = FieldRule(
    name="Contacts:ContactPersons",
    salesforce=salesforce_people("Contacts", CONTACTS.object, CONTACTS.parent, CONTACTS.fields),
    xero=xero_people(CONTACTS.fields),
    direction=Direction.TO_XERO,
    on_conflict=OnConflict.LATEST,
)


def with_people(mapping: Mapping) -> Mapping:
    """The mapping with the rule for contact persons."""
    others = tuple(rule for rule in mapping.fields if rule.name != PEOPLE.name)
    mapped = replace(mapping, fields=(*others, PEOPLE))
    return replace(mapped, parts=parts_of(mapped))


def people_sync() -> Sync:
    """The template for accounts with their people."""
    return accounts_sync(with_people)


class PeopleWorld(World):
    """A world with people. A person of Salesforce enters, moves, deletes and merges them there."""

    def __init__(self, database: Database, clock: VirtualClock, sync: Sync | None = None) -> None:
        super().__init__(database, clock, sync or people_sync())

    def put_person(self, id: str | None, **fields: str | None) -> str:
        """A person is entered or edited, and nobody is told."""
        self.clock.advance(1)
        return self.salesforce.put("Contact", id, dict[str, str | None](fields))

    async def person(self, id: str | None, **fields: str | None) -> str:
        """A person is entered or edited, and the system pushes."""
        id = self.put_person(id, **fields)
        await self.tell(id)
        return id

    async def delete_person(self, id: str) -> None:
        """A person is deleted, and the system pushes."""
        self.clock.advance(1)
        self.salesforce.delete("Contact", id)
        await self.tell(id, Kind.DELETED)

    async def tell(self, id: str, kind: Kind = Kind.CHANGED) -> None:
        """The system pushes a person."""
        await self.record(self.event_of_person(id, kind))

    def event_of_person(self, id: str, kind: Kind = Kind.CHANGED) -> Event:
        seen = self.salesforce.get("Contact", id)
        version = seen.version if seen else None
        key = f"push-{next(self._numbers)}"
        return Event(key, SALESFORCE, ORG[:15], "Contact", id, kind, Origin.OUTBOUND_MESSAGE, version)

    async def customer(self, name: str) -> str:
        """An account that is in step with a contact."""
        id = await self.edit(SALESFORCE, None, Name=name)
        await self.drain()
        return id

    def contact_of(self, account: str) -> Fields:
        """The account's contact in Xero."""
        return next(seen.fields for seen in self.xero.all("Contact") if seen.fields.get("ContactNumber") == account)

    def persons(self, account: str) -> list[str]:
        """The last names of the account's contact persons in Xero."""
        listed = self.contact_of(account).get("ContactPersons") or []
        assert isinstance(listed, list)
        return [str(row["LastName"]) for row in listed if isinstance(row, dict)]

    async def asked(self, account: str) -> MappingOf[str, MappingOf[str, Value]]:
        """What is open about an account, by topic."""
        ref = RecordRef(SALESFORCE, "Account", account)
        found = await self.database.read(lambda conn: questions.of_record(conn, ref))
        return {each.topic: each.detail for each in found}
