"""All records of the org, deleted ones too: the truth."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.engine.ports import Clock
from app.simulator.declines import Declines
from app.simulator.ids import Ids
from app.simulator.journal import Change, Journal
from app.simulator.salesforce.administration import DuplicateRule, ValidationRule
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.ids import RecordIds, checked
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.transaction import Record, Transaction, Writer


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction wrote."""

    key: str
    writer: Writer
    changes: tuple[Change, ...]


class Records:
    """The records. Write them in a `transaction`.

    Sharing keeps those in `hidden` from everybody but persons, whose writes alone are not refused by `declines`. What
    an administrator has forbidden stands in `validation_rules` and `duplicate_rules`.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        journal: Journal,
        objects: Mapping[str, ObjectType],
        facts: SalesforceFacts,
    ) -> None:
        self.clock = clock
        self.facts = facts
        self.validation_rules: list[ValidationRule] = []
        self.duplicate_rules: list[DuplicateRule] = []
        self.record_ids = RecordIds()
        self.hidden: set[str] = set()
        self.declines = Declines[Refusal]()
        self._new_key = ids
        self._journal = journal
        self._objects = objects
        self._records: dict[str, Record] = {}
        self._holders: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._listeners: list[Callable[[Commit], None]] = []

    def listen(self, listener: Callable[[Commit], None]) -> None:
        """Call `listener` after every transaction."""
        self._listeners.append(listener)

    def kind(self, name: str) -> ObjectType:
        """The object of this name, however its case. Raises Refusal."""
        kind = self._objects.get(name.lower())
        if kind is None:
            raise Refusal("NOT_FOUND", "The requested resource does not exist", status=404)
        return kind

    def all(self, kind: ObjectType) -> list[Record]:
        """Every record of an object in the order of their creation, deleted ones too."""
        return [record for record in self._records.values() if record.kind.name == kind.name]

    def get(self, kind: ObjectType, record_id: str) -> Record | None:
        """The record with this id of 15 or 18 characters, deleted or not."""
        record = self._records.get(checked(record_id) or "")
        return record if record and record.kind.name == kind.name else None

    def living(self, kind: ObjectType, record_id: str, *, absent: str = "NOT_FOUND") -> Record:
        """The record that is not deleted. Raises Refusal, with the code `absent` when there never was one."""
        record = self.get(kind, record_id)
        if record is None:
            message = "invalid cross reference id" if absent != "NOT_FOUND" else "The requested resource does not exist"
            raise Refusal(absent, message, status=404)
        if record.deleted:
            raise Refusal("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return record

    def holders(self, kind: ObjectType, name: str, text: str) -> list[Record]:
        """The records whose field `name`, unique or an external id, is `text`; the case counts for nothing."""
        ids = self._holders.get((kind.name, name, text.casefold()), set())
        return [self._records[record_id] for record_id in sorted(ids)]

    @contextmanager
    def transaction(self, writer: Writer) -> Iterator[Transaction]:
        """Write records; everything is announced together at the end, or undone when an error leaves the block."""
        transaction = Transaction(self, writer)
        try:
            yield transaction
        except BaseException:
            transaction.roll_back()
            raise
        if transaction.changes:
            self._announce(Commit(str(self._new_key()), writer, tuple(transaction.changes)))

    def put(self, record: Record) -> None:
        """Store a version, without telling anybody."""
        self._unindex(record.id)
        self._records[record.id] = record
        for key in self._keys(record):
            self._holders[key].add(record.id)

    def drop(self, record_id: str) -> None:
        """Forget a record, without telling anybody."""
        self._unindex(record_id)
        del self._records[record_id]

    def children(self, record: Record) -> list[Record]:
        """The records that are deleted, and come back, together with this one: an account's contacts."""
        contacts = self._objects.get("contact") if record.kind.name == "Account" else None
        return [each for each in self.all(contacts) if each.fields["AccountId"] == record.id] if contacts else []

    def _unindex(self, record_id: str) -> None:
        before = self._records.get(record_id)
        for key in self._keys(before) if before else ():
            self._holders[key].discard(record_id)

    def _keys(self, record: Record) -> Iterator[tuple[str, str, str]]:
        for field in record.kind.fields.values():
            value = record.fields[field.name]
            if (field.unique or field.external_id) and isinstance(value, str) and not record.deleted:
                yield record.kind.name, field.name, value.casefold()

    def _announce(self, commit: Commit) -> None:
        self._journal.changes.extend(commit.changes)
        for listener in self._listeners:
            listener(commit)
