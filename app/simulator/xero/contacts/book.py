"""All contacts of the organisation and every version of them: the truth."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.ports import Clock
from app.mapping.values import Fields, Json
from app.simulator.declines import Declines
from app.simulator.ids import Ids
from app.simulator.journal import Change, ChangeType, Journal
from app.simulator.xero.contacts.contact import NEW, Contact
from app.simulator.xero.contacts.merging import merged
from app.simulator.xero.contacts.rules import mistakes
from app.simulator.xero.facts import XeroFacts

MILLISECOND = timedelta(milliseconds=1)
UNIQUE = ("Name", "ContactNumber", "AccountNumber")


class Invalid(Exception):
    """The element is not saved; `messages` says why."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


class ContactBook:
    """The contacts. Stamps have milliseconds and rise with every write.

    Apps do not see those in `hidden`, and their writes are refused as `declines` says.
    """

    def __init__(self, clock: Clock, ids: Ids, journal: Journal, facts: XeroFacts) -> None:
        self.hidden: set[str] = set()
        self.declines = Declines[str]()
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self.facts = facts
        self._contacts: dict[str, Contact] = {}
        self._holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._last_at = clock.now() - MILLISECOND
        self._listeners: list[Callable[[Change], None]] = []

    def __iter__(self) -> Iterator[Contact]:
        """All contacts, archived ones too, oldest change first."""
        return iter(sorted(self._contacts.values(), key=lambda contact: (contact.updated_at, contact.id)))

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` after every write."""
        self._listeners.append(listener)

    def get(self, contact_id: str) -> Contact | None:
        """The contact with this id."""
        return self._contacts.get(contact_id.lower())

    def holders(self, name: str, text: str) -> list[Contact]:
        """The contacts whose field `name`, one of `UNIQUE`, is `text`, upper and lower case being the same."""
        ids = self._holders.get((name, text.casefold()), set()) if text else set()
        return [self._contacts[contact_id] for contact_id in sorted(ids)]

    def create(self, sent: Fields, *, writer: str, person: bool = False) -> Contact:
        """A new contact made of `sent`. Raises Invalid."""
        after = merged(sent, NEW, self.facts, person=person)
        self._check(sent, after, None, person=person)
        return self._commit(Contact(str(self._ids()), self._stamp(), after), ChangeType.CREATE, NEW, writer)

    def update(self, contact: Contact, sent: Fields, *, writer: str, person: bool = False) -> Contact:
        """The contact with `sent` written onto it. Raises Invalid."""
        after = merged(sent, contact.fields, self.facts, person=person)
        self._check(sent, after, contact.id, person=person)
        restored = after["ContactStatus"] == "ACTIVE" and not contact.active
        if restored and self.facts.restoring_refused and not person:
            raise Invalid("The contact is archived and cannot be changed until it is restored in Xero.")
        return self._replace(contact, after, writer)

    def merge(self, loser: Contact, survivor: Contact, *, writer: str) -> Contact:
        """Archive `loser` in favour of `survivor`, as Xero's screens do."""
        after = {**loser.fields, "ContactStatus": "ARCHIVED", "MergedToContactID": survivor.id}
        return self._replace(loser, after, writer)

    def derive(self, contact: Contact, fields: Fields) -> Contact:
        """Put down what Xero works out of documents (Balances, IsCustomer): no stamp moves and nobody is told."""
        changed = replace(contact, fields={**contact.fields, **fields})
        self._keep(changed)
        return changed

    def _replace(self, contact: Contact, after: dict[str, Json], writer: str) -> Contact:
        changed = replace(contact, updated_at=self._stamp(), fields=after)
        return self._commit(changed, ChangeType.UPDATE, contact.fields, writer)

    def _check(self, sent: Fields, after: Fields, own_id: str | None, *, person: bool) -> None:
        def others(name: str, text: str) -> list[Contact]:
            return [contact for contact in self.holders(name, text) if contact.id != own_id]

        declined = None if person else self.declines.take(own_id)
        if messages := (declined,) if declined else mistakes(sent, after, others):
            raise Invalid(*messages)

    def _stamp(self) -> datetime:
        now = self._clock.now()
        whole = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last_at = max(whole, self._last_at + MILLISECOND)
        return self._last_at

    def _commit(self, contact: Contact, kind: ChangeType, before: Fields, writer: str) -> Contact:
        self._keep(contact)
        changed = tuple(name for name, value in contact.fields.items() if before.get(name) != value)
        change = Change(contact.updated_at, writer, kind, "Contact", contact.id, contact.fields, changed)
        self._journal.changes.append(change)
        for listener in self._listeners:
            listener(change)
        return contact

    def _keep(self, contact: Contact) -> None:
        before = self._contacts.get(contact.id)
        for name in UNIQUE:
            if before:
                self._holders[name, before.text(name).casefold()].discard(contact.id)
            self._holders[name, contact.text(name).casefold()].add(contact.id)
        self._contacts[contact.id] = contact
