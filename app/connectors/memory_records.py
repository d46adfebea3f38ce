"""The records of a vendor in memory, the rules they obey, and the people who edit them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from app.connectors import wire
from app.engine.actions import Declined
from app.engine.ports import Clock
from app.engine.records import Observation, Presence, RecordRef
from app.mapping.values import Fields, Json, System

Writer = Literal["person", "us"]

_UNIQUE = {System.XERO: {"Contact": ("Name", "ContactNumber", "AccountNumber")}, System.SALESFORCE: {}}
_UNIQUE_AMONG_ACTIVE = {"Name", "AccountNumber"}
_PREFIXES = {"Account": "001", "Contact": "003"}


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one record: what was written, by a person or by us. The truth that a test can ask."""

    at: datetime
    by: Writer
    ref: RecordRef
    presence: Presence
    fields: Fields = field(default_factory=dict[str, Json])
    created: bool = False


class MemoryRecords:
    """What one system holds, and what people do there.

    Versions are as coarse as the vendor's: milliseconds in Xero, whole seconds in Salesforce. `history` is every
    change in order; ids in `hidden` are not returned to us, as if sharing hid them.
    """

    def __init__(self, system: System, clock: Clock) -> None:
        self.system = system
        self.history: list[Change] = []
        self.hidden: set[str] = set()
        self._clock = clock
        self._records: dict[tuple[str, str], Observation] = {}
        self._issued = 0

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        """A person creates a record (`id` None, or an id not yet known) or edits some fields of one."""
        if clash := self._clash(object, id, fields):
            raise ValueError(clash.message)
        return self._write("person", object, id or self._new_id(object), fields)

    def archive(self, object: str, id: str) -> None:
        """A person archives a record; where the system cannot archive, deletes it."""
        self._end("person", object, id, self._archived)

    def delete(self, object: str, id: str) -> None:
        """A person deletes a record; the evidence stays findable."""
        self._end("person", object, id, Presence.DELETED)

    def restore(self, object: str, id: str) -> None:
        """A person brings an archived or deleted record back."""
        self._end("person", object, id, Presence.LIVE)

    def merge(self, object: str, loser: str, survivor: str) -> None:
        """A person merges `loser` into `survivor`."""
        self._end("person", object, loser, self._archived, merged_into=survivor)

    def purge(self, object: str, id: str) -> None:
        """A record vanishes without evidence, as from an emptied recycle bin."""
        del self._records[object, id]

    def derive(self, object: str, id: str, fields: Fields) -> None:
        """The system itself works out some fields of a record: no stamp moves and it is nobody's edit."""
        before = self._records[object, id]
        self._records[object, id] = replace(before, fields={**before.fields, **fields})

    def get(self, object: str, id: str) -> Observation | None:
        """The record with all its fields, whatever its presence; None when there never was one."""
        return self._records.get((object, id))

    def all(self, object: str) -> list[Observation]:
        """Every record of `object`, whatever its presence, in the order of creation."""
        return [seen for seen in self._records.values() if seen.ref.object == object]

    @property
    def _archived(self) -> Presence:
        return Presence.ARCHIVED if self.system is System.XERO else Presence.DELETED

    def _missing(self, object: str, id: str | None) -> Declined | None:
        record = self._records.get((object, id or ""))
        if record is None:
            return Declined("not_found", "there is no such record")
        if record.presence is Presence.DELETED:
            return Declined("deleted", "the record is deleted")
        return None

    def _clash(self, object: str, id: str | None, fields: Fields) -> Declined | None:
        for name in _UNIQUE[self.system].get(object, ()):
            if any(other.ref.id != id for other in self._holders(object, name, key_of(fields, name))):
                code = "name_taken" if name == "Name" else "number_taken"
                return Declined(code, f"{name} belongs to another record", taken=True)
        return None

    def _holders(self, object: str, name: str, key: str) -> list[Observation]:
        """The records that keep others from holding `key` in the unique field `name`."""
        if not key:
            return []
        bound = [s for s in self.all(object) if name not in _UNIQUE_AMONG_ACTIVE or s.presence is Presence.LIVE]
        return [seen for seen in bound if key_of(seen.fields, name) == key]

    def _upserted(self, object: str, key_field: str, key: str) -> str | None:
        live = (seen for seen in self.all(object) if seen.presence is Presence.LIVE)
        return next((seen.ref.id for seen in live if key_of(seen.fields, key_field) == key.casefold()), None)

    def _write(self, by: Writer, object: str, id: str, fields: Fields) -> str:
        ref = RecordRef(self.system, object, id)
        before = self._records.get((object, id))
        held = {**(before.fields if before else {}), **fields}
        presence = before.presence if before else Presence.LIVE
        self._records[object, id] = Observation(ref, presence, self._stamp(), held)
        self.history.append(Change(self._clock.now(), by, ref, presence, dict(fields), created=before is None))
        return id

    def _end(self, by: Writer, object: str, id: str, presence: Presence, merged_into: str | None = None) -> None:
        before = self._records[object, id]
        self._records[object, id] = replace(before, presence=presence, version=self._stamp(), merged_into=merged_into)
        self.history.append(Change(self._clock.now(), by, before.ref, presence))

    def _stamp(self) -> datetime:
        now = self._clock.now()
        tick = 1000 if self.system is System.XERO else 1_000_000
        return now.replace(microsecond=now.microsecond // tick * tick)

    def _new_id(self, object: str) -> str:
        self._issued += 1
        if self.system is System.XERO:
            return f"00000000-0000-4000-8000-{self._issued:012x}"
        return f"{_PREFIXES.get(object, 'a00')}{self._issued:012d}AAA"


def key_of(fields: Fields, name: str) -> str:
    """The text in `name`, without regard to case, as both vendors compare keys."""
    return wire.text(fields.get(name)).casefold()
