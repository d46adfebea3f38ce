"""A vendor in memory: the same port as the real connectors, with the vendors' rules and faults on demand."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from app.connectors import wire
from app.engine.actions import Answer, Declined, Done, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import Clock, Page
from app.engine.records import Observation, Presence, RecordRef
from app.errors import CallRefused, VendorError
from app.mapping.values import Fields, Json, System

Method = Literal["read", "find", "changed", "send"]

_KEY_LIFE = timedelta(minutes=6)
_UNIQUE = {System.XERO: {"Contact": ("Name", "ContactNumber", "AccountNumber")}, System.SALESFORCE: {}}
_UNIQUE_AMONG_ACTIVE = {"Name"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One call that the vendor received. `ids` are the ids or keys asked for, or the ids written ("" for a create)."""

    at: datetime
    method: Method
    object: str
    priority: Priority
    ids: tuple[str, ...] = ()
    verb: Verb | None = None
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one record: what was written, by a person or by us. The truth that a test can ask."""

    at: datetime
    by: Literal["person", "us"]
    ref: RecordRef
    presence: Presence
    fields: Fields = field(default_factory=dict[str, Json])
    created: bool = False


@dataclass(frozen=True, slots=True)
class _Fault:
    method: Method
    error: VendorError
    carried_out: bool


class MemoryVendor:
    """Fulfils `Connector` for either system, and lets a test be the people who work there.

    Versions are as coarse as the vendor's: milliseconds in Xero, whole seconds in Salesforce. In Xero names are
    unique among active contacts and keys are remembered for six minutes; in Salesforce a create is an upsert on its
    key and answers carry only ids.
    """

    def __init__(self, system: System, clock: Clock, *, page_size: int = 100) -> None:
        self.system = system
        self.calls: list[Seen] = []
        self.history: list[Change] = []
        self.hidden: set[str] = set()
        self._clock = clock
        self._page_size = page_size
        self._records: dict[tuple[str, str], Observation] = {}
        self._issued = 0
        self._faults: list[_Fault] = []
        self._declines: dict[str | None, list[Declined]] = defaultdict(list)
        self._replies: dict[str, tuple[Request, datetime, Sequence[Answer]]] = {}

    # What people do there.

    def put(self, object: str, id: str | None, fields: Fields) -> str:
        """A person creates a record (`id` None, or an id not yet known) or edits some fields of one."""
        known = self._records.get((object, id)) if id else None
        if clash := self._clash(object, known.ref.id if known else None, fields):
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

    def get(self, object: str, id: str) -> Observation | None:
        """The record with all its fields, whatever its presence; None when there never was one."""
        return self._records.get((object, id))

    def all(self, object: str) -> list[Observation]:
        """Every record of `object`, whatever its presence, in the order of creation."""
        return [seen for seen in self._records.values() if seen.ref.object == object]

    # What goes wrong there.

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        """The next call of `method` raises `error`; with `carried_out` the vendor has done the work nevertheless."""
        self._faults.append(_Fault(method, error, carried_out))

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        """The next written element that targets `id` (None: the next create) is answered by `declined`."""
        self._declines[id].append(declined)

    # The port.

    @property
    def read_size(self) -> int:
        return 40 if self.system is System.XERO else 200

    def write_size(self, verb: Verb) -> int:
        return 50 if self.system is System.XERO else 200

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._receive(Seen(self._clock.now(), "read", object, priority, tuple(ids)))
        return [self._observe(object, record_id, fields) for record_id in ids]

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        self._receive(Seen(self._clock.now(), "find", object, priority, tuple(keys)))
        wanted = {key.casefold() for key in keys}
        found = [seen for seen in self._visible(object) if _key(seen.fields, key_field) in wanted]
        return [_project(seen, fields) for seen in found]

    async def changed(
        self, object: str, since: datetime | None, fields: frozenset[str], priority: Priority
    ) -> AsyncIterator[Page]:
        rows = sorted(
            (seen for seen in self._visible(object) if since is None or _version(seen) >= since),
            key=lambda seen: (_version(seen), seen.ref.id),
        )
        for start in range(0, len(rows) or 1, self._page_size):
            self._receive(Seen(self._clock.now(), "changed", object, priority))
            page = [_project(seen, fields) for seen in rows[start : start + self._page_size]]
            yield Page(page, self._clock.now(), last=start + self._page_size >= len(rows))

    def prepare(self, verb: Verb, object: str, elements: Sequence[Element], idempotency_key: str) -> Request:
        body = wire.dumps(
            [{"id": e.id, "fields": _with_key(e), "key_field": e.key_field, "key": e.key} for e in elements]
        )
        return Request(verb.value.upper(), object, body, idempotency_key)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        ids = tuple(element.id or "" for element in elements)
        seen = Seen(self._clock.now(), "send", object, priority, ids, verb, request)
        self.calls.append(seen)
        fault = self._next_fault("send")
        if fault and not fault.carried_out:
            raise fault.error
        answers = self._answer_once(request, verb, object)
        if fault:
            raise fault.error
        return answers

    # The vendor's own rules.

    @property
    def _archived(self) -> Presence:
        return Presence.ARCHIVED if self.system is System.XERO else Presence.DELETED

    def _answer_once(self, request: Request, verb: Verb, object: str) -> Sequence[Answer]:
        if self.system is System.SALESFORCE:
            return self._carry_out(request, verb, object)
        kept = self._replies.get(request.idempotency_key)
        if kept and self._clock.now() - kept[1] < _KEY_LIFE:
            if kept[0] != request:
                raise CallRefused("the idempotency key belongs to another request", code="idempotency_clash")
            return kept[2]
        answers = self._carry_out(request, verb, object)
        self._replies[request.idempotency_key] = (request, self._clock.now(), answers)
        return answers

    def _carry_out(self, request: Request, verb: Verb, object: str) -> Sequence[Answer]:
        return [self._answer(verb, object, entry) for entry in wire.items(wire.loads(request.body))]

    def _answer(self, verb: Verb, object: str, entry: Mapping[str, Json]) -> Answer:
        target = wire.text(entry["id"]) or None
        fields = wire.mapping(entry["fields"])
        if self._declines[target]:
            return self._declines[target].pop(0)
        if verb is Verb.CREATE and self.system is System.SALESFORCE:
            target = self._upserted(object, wire.text(entry["key_field"]), wire.text(entry["key"]))
        elif verb is not Verb.CREATE and (missing := self._missing(object, target)):
            return missing
        return self._clash(object, target, fields) or self._done(verb, object, target, fields)

    def _done(self, verb: Verb, object: str, id: str | None, fields: Fields) -> Done:
        target = id or self._new_id(object)
        if verb is Verb.ARCHIVE:
            self._end("us", object, target, self._archived)
        else:
            self._write("us", object, target, fields)
        record = self._records[object, target]
        return Done(target, record if self.system is System.XERO else None)

    def _missing(self, object: str, id: str | None) -> Declined | None:
        record = self._records.get((object, id or ""))
        if record is None:
            return Declined("not_found", "there is no such record")
        if record.presence is Presence.DELETED:
            return Declined("deleted", "the record is deleted")
        return None

    def _clash(self, object: str, id: str | None, fields: Fields) -> Declined | None:
        for name in _UNIQUE[self.system].get(object, ()):
            wanted = _key(fields, name)
            for other in self.all(object) if wanted else ():
                free = name in _UNIQUE_AMONG_ACTIVE and other.presence is not Presence.LIVE
                if other.ref.id != id and not free and _key(other.fields, name) == wanted:
                    code = "name_taken" if name == "Name" else "number_taken"
                    return Declined(code, f"{name} belongs to another record", taken=True)
        return None

    def _upserted(self, object: str, key_field: str, key: str) -> str | None:
        matches = (seen for seen in self.all(object) if seen.presence is Presence.LIVE)
        return next((seen.ref.id for seen in matches if _key(seen.fields, key_field) == key.casefold()), None)

    # Records.

    def _write(self, by: Literal["person", "us"], object: str, id: str, fields: Fields) -> str:
        ref = RecordRef(self.system, object, id)
        before = self._records.get((object, id))
        held = {**(before.fields if before else {}), **fields}
        presence = before.presence if before else Presence.LIVE
        self._records[object, id] = Observation(ref, presence, self._stamp(), held)
        self.history.append(Change(self._clock.now(), by, ref, presence, dict(fields), created=before is None))
        return id

    def _end(
        self,
        by: Literal["person", "us"],
        object: str,
        id: str,
        presence: Presence,
        merged_into: str | None = None,
    ) -> None:
        before = self._records[object, id]
        self._records[object, id] = replace(before, presence=presence, version=self._stamp(), merged_into=merged_into)
        self.history.append(Change(self._clock.now(), by, before.ref, presence))

    def _observe(self, object: str, id: str, fields: frozenset[str]) -> Observation:
        seen = self._records.get((object, id))
        if seen is None or id in self.hidden:
            return Observation(RecordRef(self.system, object, id), Presence.INVISIBLE, None)
        return _project(seen, fields)

    def _visible(self, object: str) -> list[Observation]:
        return [seen for seen in self.all(object) if seen.ref.id not in self.hidden]

    def _stamp(self) -> datetime:
        now = self._clock.now()
        tick = 1000 if self.system is System.XERO else 1_000_000
        return now.replace(microsecond=now.microsecond // tick * tick)

    def _new_id(self, object: str) -> str:
        self._issued += 1
        if self.system is System.XERO:
            return f"00000000-0000-4000-8000-{self._issued:012x}"
        prefix = {"Account": "001", "Contact": "003"}.get(object, "a00")
        return f"{prefix}{self._issued:012d}AAA"

    def _receive(self, call: Seen) -> None:
        self.calls.append(call)
        if fault := self._next_fault(call.method):
            raise fault.error

    def _next_fault(self, method: Method) -> _Fault | None:
        fault = next((fault for fault in self._faults if fault.method == method), None)
        if fault:
            self._faults.remove(fault)
        return fault


def _with_key(element: Element) -> dict[str, Json]:
    key = {element.key_field: element.key} if element.key_field and element.key else {}
    return {**element.fields, **key}


def _project(seen: Observation, fields: frozenset[str]) -> Observation:
    return replace(seen, fields={name: value for name, value in seen.fields.items() if name in fields})


def _key(fields: Fields, name: str) -> str:
    return wire.text(fields.get(name)).casefold()


def _version(seen: Observation) -> datetime:
    if seen.version is None:
        raise ValueError(f"{seen.ref} has no version")
    return seen.version
