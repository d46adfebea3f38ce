"""Records read together with their parts: one connector around another, so that nobody sees a record without them."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.engine.actions import Answer, Done, Element, Request, Verb
from app.engine.events import Priority
from app.engine.memory import Whole
from app.engine.ports import About, Connector, Page
from app.engine.records import Observation, Presence, RecordRef, System
from app.engine.wrapping import Wrapping
from app.mapping.description import Description
from app.mapping.model import Part, Sync
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Fields, Json


def shown_parts(sync: Sync, system: System, object: str) -> tuple[Part, ...]:
    """The kinds of parts that an observation of `object` shows, each with the fields that any mapping needs of it."""
    merged: dict[str, Part] = {}
    for mapping in sync.mappings.values():
        for part in mapping.parts if mapping.object(system) == object else ():
            if part.system is system and part.shown_as:
                before = merged.get(part.shown_as, part)
                merged[part.shown_as] = replace(part, fields=before.fields | part.fields)
    return tuple(merged.values())


def parent_id(part: Part, fields: Fields) -> str | None:
    """The id of the record that a part with these raw fields belongs to, in full; None when it belongs to none."""
    value: Json = fields
    for step in part.parent:
        value = value.get(step) if isinstance(value, Mapping) else None
    if not isinstance(value, str) or not value:
        return None
    if part.system is System.XERO:
        return value.lower()
    return to_18(value) if is_id(value) else None


def wholes(sync: Sync, seen: Sequence[Observation]) -> Iterator[Whole]:
    """Who is part of whom, by what was just seen. A record that is gone says nothing of its parts."""
    for each in seen:
        for part in shown_parts(sync, each.ref.system, each.ref.object):
            rows = each.fields.get(part.shown_as or "")
            if each.presence is Presence.LIVE and isinstance(rows, list):
                ids = [str(row["Id"]) for row in rows if isinstance(row, Mapping)]
                yield Whole(each.ref, tuple(RecordRef(part.system, part.object, id) for id in ids))


class WholeReader(Wrapping):
    """A connector that reads the parts of a sync's records together with them."""

    def __init__(self, connector: Connector, sync: Sync) -> None:
        super().__init__(connector)
        self._sync = sync

    async def read(
        self, object: str, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        return await self._completed(object, await self._connector.read(object, ids, fields, priority), priority)

    async def find(
        self, object: str, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        found = await self._connector.find(object, key_field, keys, fields, priority)
        return await self._completed(object, found, priority)

    async def changed(
        self,
        object: str,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: datetime | None = None,
    ) -> AsyncIterator[Page]:
        async for page in self._connector.changed(object, since, fields, priority, ours_since=ours_since):
            yield replace(page, observations=await self._completed(object, page.observations, priority))

    async def merged_into(
        self, object: str, survivors: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> Sequence[Observation]:
        return await self._connector.merged_into(object, survivors, fields, priority)

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        return await self._connector.parts_of(part, parents, priority)

    async def describe(self, object: str, priority: Priority) -> Description | None:
        return await self._connector.describe(object, priority)

    async def about(self, priority: Priority) -> About:
        return await self._connector.about(priority)

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        answers = await self._connector.send(request, verb, object, elements, priority)
        parts = frozenset(part.shown_as or "" for part in shown_parts(self._sync, self.system, object))
        return [replace(each, lacks=parts) if isinstance(each, Done) and each.seen else each for each in answers]

    async def _completed(self, object: str, seen: Sequence[Observation], priority: Priority) -> Sequence[Observation]:
        """`seen`, the live ones with their parts."""
        live = [each.ref.id for each in seen if each.presence is Presence.LIVE]
        for part in shown_parts(self._sync, self.system, object) if live else ():
            found = await self._connector.parts_of(part, live, priority)
            seen = [_with(each, part, found[each.ref.id]) if each.ref.id in found else each for each in seen]
        return seen


def _with(seen: Observation, part: Part, found: Sequence[Observation]) -> Observation:
    """`seen` with the parts that were found. They change without its version, so their newest stamp is told."""
    name = part.shown_as or ""
    rows: list[Json] = [
        {"Id": row.ref.id, **{key: row.fields.get(key) for key in sorted(part.fields)}} for row in found
    ]
    newest = [stamp for row in (seen, *found) if (stamp := row.version)]
    return replace(
        seen, fields={**seen.fields, name: rows}, stamps={**seen.stamps, name: max(newest)} if newest else {}
    )
