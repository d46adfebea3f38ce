"""The people at the org's screens, as tests play them."""

from app.mapping.values import Fields
from app.simulator.salesforce.records import Records
from app.simulator.salesforce.transaction import PERSON, Record, Writer

WRITER = Writer(PERSON, "0055g0000000001AAA")
"""Who works at the screens."""


class People:
    """They see everything and are refused nothing but by the org's own rules. Each method raises `Refusal`."""

    def __init__(self, records: Records, writer: Writer = WRITER) -> None:
        self._records = records
        self._writer = writer

    def create(self, object: str, fields: Fields) -> str:
        """Enter a record; its id."""
        with self._records.transaction(self._writer) as transaction:
            return transaction.create(object, fields).id

    def update(self, object: str, id: str, fields: Fields) -> None:
        """Edit a record."""
        with self._records.transaction(self._writer) as transaction:
            transaction.update(self.record(object, id), fields)

    def delete(self, object: str, id: str) -> None:
        """Put a record, with what hangs on it, into the recycle bin."""
        with self._records.transaction(self._writer) as transaction:
            transaction.delete(self.record(object, id))

    def undelete(self, object: str, id: str) -> None:
        """Take a record out of the recycle bin, with what was deleted together with it."""
        with self._records.transaction(self._writer) as transaction:
            transaction.undelete(self.record(object, id))

    def merge(self, object: str, loser: str, survivor: str) -> None:
        """Merge a record into another: its children change hands, then it goes into the recycle bin."""
        winner = self.record(object, survivor)
        with self._records.transaction(self._writer) as transaction:
            transaction.delete(self.record(object, loser), master_id=winner.id)
            transaction.update(winner, {})

    def purge(self, object: str, id: str) -> None:
        """Empty the recycle bin of a record, a living one being deleted first: no query shows it any more."""
        if not self.record(object, id).deleted:
            self.delete(object, id)
        self._records.drop(self.record(object, id).id)

    def hide(self, id: str) -> None:
        """Share a record with nobody."""
        self._records.hidden.add(id)

    def show(self, id: str) -> None:
        """Share a record again."""
        self._records.hidden.discard(id)

    def record(self, object: str, id: str) -> Record:
        """The record, deleted or not. Raises ValueError when there is none."""
        record = self._records.get(self._records.kind(object), id)
        if record is None:
            raise ValueError(f"there is no {object} {id}")
        return record
