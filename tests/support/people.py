"""People of accounts, who are the contact persons of their customers in Xero."""

from collections.abc import Mapping as MappingOf
from dataclasses import replace
from itertools import count
from pathlib import Path

from app import mapping as mapping_package
from app.engine.events import Event, Kind, Origin
from app.engine.records import RecordRef, System
from app.mapping.loader import load_sync
from app.mapping.model import Direction, FieldRule, Mapping, OnConflict, Sync
from app.mapping.parts import parts_of
from app.mapping.persons import salesforce_people, xero_people
from app.mapping.sync_file import CONTACTS
from app.mapping.values import Fields, Value
from app.store import questions
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


def sync_of_people_and_accounts() -> Sync:
    """Accounts with their people, who are customers of their own as well."""
    path = Path(mapping_package.__file__).parent / "templates" / "people.yaml"
    alone = load_sync(path).mappings["people"]
    sync = people_sync()
    return replace(sync, mappings={**sync.mappings, alone.name: alone})


class People:
    """The people of the accounts of a world: somebody enters, edits, moves, deletes and merges them in Salesforce."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._numbers = count(1)

    def put(self, id: str | None, **fields: str | None) -> str:
        """Somebody is entered or edited, and nobody is told."""
        self.world.clock.advance(1)
        return self.world.salesforce.put("Contact", id, dict[str, str | None](fields))

    async def enter(self, id: str | None, **fields: str | None) -> str:
        """Somebody is entered or edited, and the system pushes."""
        id = self.put(id, **fields)
        await self.push(id)
        return id

    async def delete(self, id: str) -> None:
        """Somebody is deleted, and the system pushes."""
        self.world.clock.advance(1)
        self.world.salesforce.delete("Contact", id)
        await self.push(id, Kind.DELETED)

    async def push(self, id: str, kind: Kind = Kind.CHANGED) -> None:
        """The system pushes somebody."""
        await self.world.record(self.event(id, kind))

    def event(self, id: str, kind: Kind = Kind.CHANGED) -> Event:
        """What the system pushes."""
        seen = self.world.salesforce.get("Contact", id)
        version = seen.version if seen else None
        key = f"person-{next(self._numbers)}"
        return Event(key, SALESFORCE, ORG[:15], "Contact", id, kind, Origin.OUTBOUND_MESSAGE, version)

    async def customer(self, name: str) -> str:
        """An account that is in step with a contact."""
        id = await self.world.edit(SALESFORCE, None, Name=name)
        await self.world.drain()
        return id

    def customer_of(self, id: str) -> Fields:
        """The contact in Xero that was made of a record."""
        (contact,) = (seen for seen in self.world.xero.all("Contact") if seen.fields.get("ContactNumber") == id)
        return contact.fields

    def shown(self, account: str) -> list[Fields]:
        """The account's contact persons in Xero."""
        listed = self.customer_of(account).get("ContactPersons") or []
        assert isinstance(listed, list)
        return [row for row in listed if isinstance(row, dict)]

    def names(self, account: str) -> list[str]:
        """Their last names."""
        return [str(row["LastName"]) for row in self.shown(account)]

    async def asked(self, account: str) -> MappingOf[str, MappingOf[str, Value]]:
        """What is open about an account, by topic."""
        ref = RecordRef(SALESFORCE, "Account", account)
        found = await self.world.database.read(lambda conn: questions.of_record(conn, ref))
        return {each.topic: each.detail for each in found}
