"""Asks Salesforce for rows: by id, by key, by change; all pages, and what the deleted feed adds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from app.connectors.calls import Calls
from app.connectors.http import Outgoing, Reply, http_date
from app.connectors.portions import portions
from app.connectors.salesforce import reading
from app.connectors.salesforce.deletions import DeletedFeed
from app.connectors.salesforce.descriptions import Descriptions
from app.connectors.salesforce.resources import Resource, resource_named
from app.engine.events import Priority
from app.engine.ports import Clock, Page
from app.engine.records import Observation
from app.errors import CallRefused, Unreachable
from app.mapping.model import Part
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Json

_TOO_LONG = frozenset({"http_414", "http_431"})
_STARTS = 3
"""How often a query is begun whose answer Salesforce forgets before it is read to its end."""


class Rows:
    """The rows of one org."""

    def __init__(self, calls: Calls, descriptions: Descriptions, clock: Clock, root: str) -> None:
        self._calls = calls
        self._descriptions = descriptions
        self._clock = clock
        self._root = root
        self._feed = DeletedFeed(calls, clock, root)

    async def read(
        self, resource: Resource, ids: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> list[Observation]:
        """One observation for every id, in their order; the feed is asked once, if a row is missing."""
        askable = list(dict.fromkeys(to_18(each) for each in ids if is_id(each)))
        rows = await self._keyed(resource, "Id", askable, fields, priority)
        missing = set(askable) - {reading.row_id(row) for row in rows}
        deletions = await self._feed.all(resource, priority) if missing else {}
        return reading.observed(resource, ids, rows, fields, deletions)

    async def find(
        self, resource: Resource, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> list[Observation]:
        """The records whose `key_field` is one of `keys`, deleted ones too."""
        rows = await self._keyed(resource, key_field, [key for key in keys if key], fields, priority)
        return [reading.observation(resource, row, fields) for row in rows]

    async def parts_of(
        self, part: Part, parents: Sequence[str], priority: Priority
    ) -> Mapping[str, Sequence[Observation]]:
        """The live records of `part` by the id of their parent."""
        rows = list[Mapping[str, Json]]()
        for query in reading.by_parents(part, parents, self._root):
            rows += (await self._answer(query, resource_named(part.object), part.fields, priority))[1]
        return reading.by_parent(part, parents, rows)

    async def changed(
        self,
        resource: Resource,
        since: datetime | None,
        fields: frozenset[str],
        priority: Priority,
        ours: reading.Ours | None,
    ) -> AsyncIterator[Page]:
        """Pages by time of change, with those purged meanwhile on the first one: who is stopped has read them.

        Salesforce tells its time only in the Date header; without one, ours must do.
        """
        after: reading.Position | None = None
        vendor_now: datetime | None = None
        first, last = True, False
        while not last:
            query = reading.by_change(resource, since, after, fields, self._root, ours)
            reply, rows = await self._answer(query, resource, fields, priority)
            vendor_now = vendor_now or http_date(reply.headers.get("date")) or self._clock.now()
            last = len(rows) < reading.PAGE_SIZE
            gone = await self._purged(resource, since, rows, priority) if first else []
            first = False
            for portion in portions(rows):
                seen = [reading.observation(resource, row, fields) for row in portion.rows]
                after = reading.position(seen)
                yield Page([*seen, *gone], vendor_now, last and portion.last, out_of_order=len(gone))
                gone = []
            if not last and after is None:
                raise CallRefused("the object has no stamps to page by", code="no_stamp")

    async def _purged(
        self, resource: Resource, since: datetime | None, rows: Sequence[Mapping[str, Json]], priority: Priority
    ) -> list[Observation]:
        """The records that the feed lists and no query shows; what merely is not among the `rows` is asked for."""
        listed = await self._feed.lately(resource, since, priority)
        scanned = {reading.row_id(row) for row in rows}
        candidates = [id for id in listed if id not in scanned]
        shown = {reading.row_id(row) for row in await self._keyed(resource, "Id", candidates, frozenset(), priority)}
        return [reading.purged(resource, id, listed[id]) for id in candidates if id not in shown]

    async def _keyed(
        self, resource: Resource, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> list[Mapping[str, Json]]:
        rows = list[Mapping[str, Json]]()
        for query in reading.by_keys(resource, key_field, keys, fields, self._root):
            try:
                rows += (await self._answer(query, resource, fields, priority))[1]
            except CallRefused as refused:
                if refused.code not in _TOO_LONG or len(keys) == 1:
                    raise
                return await self._in_halves(resource, key_field, keys, fields, priority)
        return rows

    async def _in_halves(
        self, resource: Resource, key_field: str, keys: Sequence[str], fields: frozenset[str], priority: Priority
    ) -> list[Mapping[str, Json]]:
        """The address was too long for somebody on the way, whatever Salesforce itself would take."""
        middle = len(keys) // 2
        first = await self._keyed(resource, key_field, keys[:middle], fields, priority)
        return [*first, *await self._keyed(resource, key_field, keys[middle:], fields, priority)]

    async def _answer(
        self, query: Outgoing, resource: Resource, fields: frozenset[str], priority: Priority
    ) -> tuple[Reply, list[Mapping[str, Json]]]:
        """The first reply and all rows. A query that names what we may not see is refused in words that tell it."""
        for _ in range(_STARTS):
            try:
                return await self._pages(query, priority)
            except CallRefused as refused:
                if refused.code == "field_unknown":
                    raise await self._descriptions.explained(refused, resource.name, fields, priority) from refused
                if refused.code != "cursor_gone":
                    raise
        raise Unreachable("Salesforce forgets the answer to a query before it is read to its end")

    async def _pages(self, query: Outgoing, priority: Priority) -> tuple[Reply, list[Mapping[str, Json]]]:
        first = reply = await self._calls.call(query, priority)
        rows = reading.rows(reply)
        while more := reading.next_page(reply, self._root):
            reply = await self._calls.call(more, priority)
            rows += reading.rows(reply)
        return first, rows
