"""A vendor in memory: the same port as the real connectors, with the vendors' rules and faults on demand."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from app.connectors import wire
from app.connectors.memory_records import Change, MemoryRecords, key_of
from app.engine.actions import Answer, Declined, Done, Element, Request, Verb
from app.engine.events import Priority
from app.engine.ports import About, Clock, Page
from app.engine.records import Observation, Presence, RecordRef
from app.errors import CallRefused, VendorError
from app.mapping.description import Description
from app.mapping.model import Part
from app.mapping.values import Fields, Json, System

__all__ = ["Change", "MemoryVendor", "Method", "Seen"]

Method = Literal["read", "find", "changed", "parts_of", "send", "reserve"]

_KEY_LIFE = timedelta(minutes=6)


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
class _Fault:
    method: Method
    error: VendorError
    carried_out: bool


class MemoryVendor(MemoryRecords):
    """Fulfils `Connector` for either system, and lets a test be the people who work there.

    In Xero names and account numbers are unique among active contacts, contact numbers among all, and an idempotency
    key is remembered for six minutes; in Salesforce a create is an upsert on its key and answers carry only ids.
    `calls` is every call in order; `keeps_deletions` is for how long it says that it can tell what was deleted.
    """

    def __init__(self, system: System, clock: Clock, *, page_size: int = 100) -> None:
        super().__init__(system, clock)
        self.calls: list[Seen] = []
        self.booked: list[int] = []
        self.keeps_deletions: timedelta | None = None
        self._page_size = page_size
        self._faults: list[_Fault] = []
        self._declines: dict[str | None, list[Declined]] = defaultdict(list)
        self._replies: dict[str, tuple[Request, datetime, Sequence[Answer]]] = {}

    def fail_next(self, error: VendorError, *, method: Method = "send", carried_out: bool = False) -> None:
        """The next call of `method` raises `error`; with `carried_out` the vendor has done the work nevertheless."""
        self._faults.append(_Fault(method, error, carried_out))

    def decline_next(self, declined: Declined, *, id: str | None = None) -> None:
        """The next written element that targets `id` (None: the next create) is answered by `declined`."""
        self._declines[id].append(declined)

    @property
    def user(self) -> str | None:
        return None

    @property
    def overlap(self) -> timedelta:
        return timedelta(seconds=120)

    @property
    def deletions_kept(self) -> timedelta | None:
        return self.keeps_deletions

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
        found = [seen for seen in self._visible(object) if key_of(seen.fields, key_field) in wanted]
        return [_project(seen, fields) for seen in found]

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        rows = sorted(
            (seen for seen in self._visible(object) if since is None or _version(seen) >= since),
            key=lambda seen: (_version(seen), seen.ref.id),
        )
        vendor_now = self._clock.now()
        for start in range(0, len(rows) or 1, self._page_size):
            self._receive(Seen(self._clock.now(), "changed", object, priority))
            page = [_project(seen, fields) for seen in rows[start : start + self._page_size]]
            yield Page(page, vendor_now, last=start + self._page_size >= len(rows))

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        """Salesforce can be asked, and Xero cannot."""
        if self.system is System.XERO:
            return ()
        self._receive(Seen(self._clock.now(), "find", object, priority, tuple(survivors)))
        return [_project(seen, fields) for seen in self._visible(object) if seen.merged_into in survivors]

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        self._receive(Seen(self._clock.now(), "parts_of", part.object, priority, tuple(parents)))
        if part.system is not self.system:
            return dict.fromkeys(parents, ())
        live = [seen for seen in self._visible(part.object) if seen.presence is Presence.LIVE]
        return {id: [_project(seen, part.fields) for seen in live if _parent(seen, part) == id] for id in parents}

    async def describe(self, object: str, priority: Priority) -> Description | None:
        return None

    async def about(self, priority: Priority) -> About:
        return About("Vendor in memory")

    def reserve(self, calls: int, priority: Priority) -> AbstractAsyncContextManager[None]:
        if fault := self._next_fault("reserve"):
            raise fault.error
        self.booked.append(calls)
        return nullcontext()

    def prepare(
        self,
        verb: Verb,
        object: str,
        elements: Sequence[Element],
        idempotency_key: str,
        shown: frozenset[str] = frozenset(),
    ) -> Request:
        return Request(verb.value.upper(), object, wire.dumps([_entry(e) for e in elements]), idempotency_key)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        ids = tuple(element.id or "" for element in elements)
        self.calls.append(Seen(self._clock.now(), "send", object, priority, ids, verb, request))
        fault = self._next_fault("send")
        if fault and not fault.carried_out:
            raise fault.error
        answers = self._answer_once(request, verb, object)
        if fault:
            raise fault.error
        return answers

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
        if verb is Verb.RESTORE and self.system is System.SALESFORCE:
            return Declined("not_supported", "Salesforce brings nothing back over REST")
        claimed = fields if verb is not Verb.RESTORE else self._records[object, target or ""].fields
        return self._clash(object, target, claimed) or self._done(verb, object, target, fields)

    def _done(self, verb: Verb, object: str, id: str | None, fields: Fields) -> Done:
        target = id or self._new_id(object)
        if verb is Verb.ARCHIVE:
            self._end("us", object, target, self._archived)
        elif verb is Verb.RESTORE:
            self._end("us", object, target, Presence.LIVE)
        else:
            self._write("us", object, target, fields)
        record = self._records[object, target]
        return Done(target, record if self.system is System.XERO else None)

    def _observe(self, object: str, id: str, fields: frozenset[str]) -> Observation:
        seen = self.get(object, id)
        if seen is None or id in self.hidden:
            return Observation(RecordRef(self.system, object, id), Presence.INVISIBLE, None)
        return _project(seen, fields)

    def _visible(self, object: str) -> list[Observation]:
        return [seen for seen in self.all(object) if seen.ref.id not in self.hidden]

    def _receive(self, call: Seen) -> None:
        self.calls.append(call)
        if fault := self._next_fault(call.method):
            raise fault.error

    def _next_fault(self, method: Method) -> _Fault | None:
        fault = next((fault for fault in self._faults if fault.method == method), None)
        if fault:
            self._faults.remove(fault)
        return fault


def _entry(element: Element) -> dict[str, Json]:
    named = {element.key_field: element.key} if element.key_field and element.key else {}
    fields: Fields = {**element.fields, **named}
    return {"id": element.id, "fields": fields, "key_field": element.key_field, "key": element.key}


def _project(seen: Observation, fields: frozenset[str]) -> Observation:
    return replace(seen, fields={name: value for name, value in seen.fields.items() if name in fields})


def _parent(seen: Observation, part: Part) -> Json:
    value: Json = seen.fields
    for step in part.parent:
        value = wire.mapping(value).get(step)
    return value


def _version(seen: Observation) -> datetime:
    if seen.version is None:
        raise ValueError(f"{seen.ref} has no version")
    return seen.version
