"""One transaction: records are written at once, announced at its end, or undone together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.engine.ports import Clock
from app.mapping.values import Fields, Json
from app.simulator.declines import Declines
from app.simulator.journal import Change, ChangeType
from app.simulator.salesforce.administration import DuplicateRule, ValidationRule, duplicates_detected
from app.simulator.salesforce.answers import Refusal, stamp
from app.simulator.salesforce.derived import completed
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.ids import RecordIds
from app.simulator.salesforce.objects import ObjectType, Type
from app.simulator.salesforce.rules import accepted, check_required

PERSON = "person"
"""The name of every writer at the screens."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a name for the journal, the user, the client name of `Sforce-Call-Options`, and what is hidden."""

    name: str
    user_id: str
    client: str = ""
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a record; `fields` holds every field of its object, null where nothing is stored."""

    kind: ObjectType
    id: str
    fields: Fields

    @property
    def deleted(self) -> bool:
        return self.fields["IsDeleted"] is True


class Shelf(Protocol):
    """Where a transaction keeps records."""

    @property
    def clock(self) -> Clock: ...

    @property
    def record_ids(self) -> RecordIds: ...

    @property
    def declines(self) -> Declines[Refusal]: ...

    @property
    def facts(self) -> SalesforceFacts: ...

    @property
    def validation_rules(self) -> Sequence[ValidationRule]: ...

    @property
    def duplicate_rules(self) -> Sequence[DuplicateRule]: ...

    def kind(self, name: str) -> ObjectType:
        """The object of this name. Raises Refusal."""
        ...

    def all(self, kind: ObjectType) -> Sequence[Record]:
        """Every record of an object."""
        ...

    def children(self, record: Record) -> Sequence[Record]:
        """What is deleted, and comes back, together with the record."""
        ...

    def holders(self, kind: ObjectType, name: str, text: str) -> Sequence[Record]:
        """The records whose field `name` is `text`."""
        ...

    def put(self, record: Record) -> None:
        """Store a version."""
        ...

    def drop(self, record_id: str) -> None:
        """Forget a record."""
        ...


class Transaction:
    """The writes of one request, in order."""

    def __init__(self, shelf: Shelf, writer: Writer) -> None:
        self._shelf = shelf
        self._writer = writer
        self._undo: list[tuple[str, Record | None]] = []
        self.changes: list[Change] = []

    def create(self, object: str, sent: Fields) -> Record:
        """A new record. Raises Refusal."""
        kind = self._shelf.kind(object)
        values = completed(kind, {}, self._accepted(kind, sent))
        self._check_duplicates(kind, values)
        record_id = self._shelf.record_ids.new(kind.prefix)
        blank = {field.name: False if field.type is Type.BOOLEAN else None for field in kind.fields.values()}
        now = stamp(self._stamped_at(None))
        born = {"Id": record_id, "CreatedDate": now, "CreatedById": self._writer.user_id}
        return self._commit(ChangeType.CREATE, None, Record(kind, record_id, {**blank, **born, **values}))

    def update(self, record: Record, sent: Fields) -> Record:
        """The record with `sent` written onto it. Raises Refusal."""
        values = completed(record.kind, record.fields, self._accepted(record.kind, sent))
        return self._write(ChangeType.UPDATE, record, values)

    def delete(self, record: Record, *, master_id: str | None = None) -> Record:
        """Put the record into the recycle bin with its children; those of one that is merged go to `master_id`."""
        for child in self._shelf.children(record):
            if not child.deleted and master_id:
                self._write(ChangeType.UPDATE, child, {"AccountId": master_id})
            elif not child.deleted:
                self.delete(child)
        return self._write(ChangeType.DELETE, record, {"IsDeleted": True, **_survivor(record.kind, master_id)})

    def undelete(self, record: Record) -> Record:
        """Take the record out of the recycle bin, with the children that were deleted with it. Raises Refusal when its
        unique value is taken by now.
        """
        forgotten = _survivor(record.kind, None) if self._shelf.facts.undelete_forgets_merge else {}
        back = self._write(ChangeType.UNDELETE, record, {"IsDeleted": False, **forgotten})
        for child in self._shelf.children(record):
            if child.deleted and child.fields["SystemModstamp"] == record.fields["SystemModstamp"]:
                self.undelete(child)
        return back

    def roll_back(self) -> None:
        """Undo everything."""
        for record_id, before in reversed(self._undo):
            if before is None:
                self._shelf.drop(record_id)
            else:
                self._shelf.put(before)
        self._undo.clear()
        self.changes.clear()

    def _write(self, change_type: ChangeType, record: Record, values: Fields) -> Record:
        return self._commit(change_type, record, Record(record.kind, record.id, {**record.fields, **values}))

    def _commit(self, change_type: ChangeType, before: Record | None, after: Record) -> Record:
        self._check_declined(after.id if before else None)
        check_required(after.kind, after.fields)
        self._check_rules(after)
        self._check_unique(after)
        at = self._shelf.clock.now()
        now = stamp(self._stamped_at(before))
        stamps: dict[str, Json] = {"LastModifiedDate": now, "SystemModstamp": now}
        fields = {**after.fields, **stamps, "LastModifiedById": self._writer.user_id}
        written = Record(after.kind, after.id, fields)
        self._undo.append((written.id, before))
        self._shelf.put(written)
        old: Fields = before.fields if before else {}
        changed = tuple(name for name, value in fields.items() if old.get(name) != value)
        self.changes.append(Change(at, self._writer.name, change_type, written.kind.name, written.id, fields, changed))
        return written

    def _accepted(self, kind: ObjectType, sent: Fields) -> dict[str, Json]:
        return accepted(kind.without(self._writer.hidden), sent, trims=self._shelf.facts.trims_texts)

    def _stamped_at(self, before: Record | None) -> datetime:
        """When this was written: a person's write is seen later, but never stamped before what it follows."""
        lag = self._shelf.facts.commit_lag_seconds if self._writer.name == PERSON else 0
        at = self._shelf.clock.now() - timedelta(seconds=lag)
        return max(at, datetime.fromisoformat(str(before.fields["SystemModstamp"]))) if before and lag else at

    def _check_rules(self, after: Record) -> None:
        for rule in self._shelf.validation_rules:
            if not after.deleted:
                rule.check(after.kind.name, after.fields)

    def _check_duplicates(self, kind: ObjectType, values: Fields) -> None:
        """What duplicate rules say to a new record of ours; a person is warned only."""
        if self._writer.name == PERSON:
            return
        for rule in self._shelf.duplicate_rules:
            value = values.get(rule.field) if rule.object == kind.name else None
            held = [each.id for each in self._shelf.all(kind) if not each.deleted and each.fields[rule.field] == value]
            if value and held:
                raise duplicates_detected(held, misspelt=self._shelf.facts.misspells_duplicates)

    def _check_declined(self, record_id: str | None) -> None:
        if self._writer.name != PERSON and (refusal := self._shelf.declines.take(record_id)):
            raise refusal

    def _check_unique(self, after: Record) -> None:
        for name in after.kind.unique:
            value = after.fields[name]
            if not isinstance(value, str) or after.deleted:
                continue
            for holder in self._shelf.holders(after.kind, name, value):
                if holder.id != after.id:
                    message = f"duplicate value found: {name} duplicates value on record with id: {holder.id}"
                    raise Refusal("DUPLICATE_VALUE", message, fields=[])


def _survivor(kind: ObjectType, record_id: str | None) -> Fields:
    return {"MasterRecordId": record_id} if kind.field("MasterRecordId") else {}
