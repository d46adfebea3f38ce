"""What bookkeepers do on Xero's screens."""

from app.mapping.values import Fields
from app.simulator.xero.books import Books
from app.simulator.xero.contacts.contact import Contact

BOOKKEEPER = "person"
"""Who the journal says it was."""


class People:
    """The bookkeepers of one organisation. They meet no limits and no faults, but Xero's rules."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, fields: Fields) -> Contact:
        """Enter a contact. Raises Invalid."""
        return self._books.contacts.create(fields, writer=BOOKKEEPER, person=True)

    def update(self, contact_id: str, fields: Fields) -> Contact:
        """Edit some fields of a contact. Raises Invalid."""
        return self._books.contacts.update(self._contact(contact_id), fields, writer=BOOKKEEPER, person=True)

    def archive(self, contact_id: str) -> Contact:
        """Archive a contact."""
        return self.update(contact_id, {"ContactStatus": "ARCHIVED"})

    def restore(self, contact_id: str) -> Contact:
        """Restore an archived contact, which people always can. Raises Invalid when the name is taken by now."""
        return self.update(contact_id, {"ContactStatus": "ACTIVE"})

    def request_erasure(self, contact_id: str) -> Contact:
        """Mark a contact as one whose person has asked for erasure; it counts as archived from then on."""
        return self.update(contact_id, {"ContactStatus": "GDPRREQUEST"})

    def merge(self, loser_id: str, survivor_id: str) -> Contact:
        """Merge a contact into another; the loser, archived and pointing to the survivor."""
        contacts, survivor = self._books.contacts, self._contact(survivor_id)
        loser = contacts.merge(self._contact(loser_id), survivor, writer=BOOKKEEPER)
        if contacts.facts.merged_documents_move:
            self._books.documents.move(loser, survivor)
        return self._contact(loser_id)

    def _contact(self, contact_id: str) -> Contact:
        contact = self._books.contacts.get(contact_id)
        if contact is None:
            raise LookupError(contact_id)
        return contact
