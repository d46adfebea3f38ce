"""Salesforce records as observations: the queries for them, and the rows that answer."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.salesforce import spelling
from app.connectors.salesforce.resources import Resource
from app.engine.records import Observation, Presence, RecordRef
from app.errors import Unreachable
from app.mapping.model import Part
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Json, System

PAGE_SIZE = 2000
_ENTERED = "CreatedDate"
_ADDRESS_BYTES = 12_000
"""Salesforce takes 16,384 bytes of address and headers together."""


class Position(NamedTuple):
    """How far a scan has read. Many rows share a stamp, so the id belongs to it."""

    stamp: datetime
    id: str

    def clause(self) -> str:
        stamp = spelling.moment(self.stamp)
        later = f"SystemModstamp > {stamp}"
        return f"({later} OR (SystemModstamp = {stamp} AND Id > {spelling.literal(self.id)}))"


class Ours(NamedTuple):
    """Who writes for us, and from when on a scan shows it what he wrote last; who deletes may be told by nothing."""

    user: str
    since: datetime

    def clause(self) -> str:
        since, user = spelling.moment(self.since), spelling.literal(self.user)
        return f"(SystemModstamp >= {since} OR LastModifiedById != {user} OR IsDeleted = true)"


def by_keys(
    resource: Resource, key_field: str, keys: Sequence[str], fields: frozenset[str], root: str
) -> Iterator[Outgoing]:
    """Queries that together find all `keys`, deleted records too, each short enough for an address."""
    select = _select(resource, fields)
    return _in_addresses(keys, lambda literals: _query(root, _among(select, key_field, literals)))


def by_parents(part: Part, parents: Sequence[str], root: str) -> Iterator[Outgoing]:
    """Queries that together find the living parts of all `parents`."""
    (parent,) = part.parent
    select = _select(Resource(part.object), part.fields | {parent, _ENTERED})
    return _in_addresses(
        parents, lambda literals: _query(root, f"{_among(select, parent, literals)} AND IsDeleted = false")
    )


def by_parent(
    part: Part, parents: Sequence[str], rows: Sequence[Mapping[str, Json]]
) -> dict[str, Sequence[Observation]]:
    """The parts that were found by the parent that they name, oldest first."""
    (parent,) = part.parent
    found: dict[str, list[Observation]] = {id: [] for id in parents}
    for row in sorted(rows, key=lambda row: (wire.text(row.get(_ENTERED)), row_id(row))):
        of_parent = found.get(full_id(wire.text(row.get(parent))))
        if of_parent is not None:
            of_parent.append(observation(Resource(part.object), row, part.fields))
    return dict(found)


def _in_addresses(keys: Sequence[str], query: Callable[[Sequence[str]], Outgoing]) -> Iterator[Outgoing]:
    """`query` for all `keys`, as often as it takes for each to be short enough for an address."""
    some = list[str]()
    for key in dict.fromkeys(spelling.literal(each) for each in keys):
        if some and len(query([*some, key]).target) > _ADDRESS_BYTES:
            yield query(some)
            some = []
        some.append(key)
    if some:
        yield query(some)


def by_change(
    resource: Resource,
    since: datetime | None,
    after: Position | None,
    fields: frozenset[str],
    root: str,
    ours: Ours | None = None,
) -> Outgoing:
    """The next rows by time of change, deleted ones too. An offset would lose rows that share a stamp; this cannot."""
    conditions = [ours.clause()] if ours else []
    if after:
        conditions.insert(0, after.clause())
    elif since:
        conditions.insert(0, f"SystemModstamp >= {spelling.moment(since)}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f" ORDER BY SystemModstamp ASC, Id ASC LIMIT {PAGE_SIZE}"
    return _query(root, _select(resource, fields) + where + order)


def next_page(reply: Reply, root: str) -> Outgoing | None:
    """The rest of an answer, if it has one. Its address is taken only if it lies below `root`."""
    answer = wire.mapping(reply.json)
    if answer.get("done") is not False:
        return None
    target = wire.text(answer.get("nextRecordsUrl"))
    if not re.fullmatch(rf"{re.escape(root)}/query(?:All)?/[A-Za-z0-9-]+", target):
        raise Unreachable("the answer names no next page to go to")
    return Outgoing("GET", target)


def rows(reply: Reply) -> list[Mapping[str, Json]]:
    """The records of an answer."""
    answer = wire.mapping(reply.json)
    if not isinstance(answer.get("records"), list):
        raise Unreachable("the answer holds no records")
    return wire.items(answer.get("records"))


def observation(resource: Resource, row: Mapping[str, Json], fields: frozenset[str]) -> Observation:
    """A row as it was seen."""
    merged = wire.text(row.get(resource.merged_field or ""))
    return Observation(
        RecordRef(System.SALESFORCE, resource.name, row_id(row)),
        Presence.DELETED if row.get("IsDeleted") is True else Presence.LIVE,
        spelling.instant(row.get("SystemModstamp")),
        {name: value for name, value in row.items() if name in fields},
        merged_into=to_18(merged) if is_id(merged) else None,
        by=full_id(wire.text(row.get("LastModifiedById"))) or None,
    )


def observed(
    resource: Resource,
    ids: Sequence[str],
    found: Sequence[Mapping[str, Json]],
    fields: frozenset[str],
    deletions: Mapping[str, datetime | None],
) -> list[Observation]:
    """One observation for every id, in their order. Where no row came, the feed of `deletions` may prove why."""
    by_id = {row_id(row): row for row in found}
    return [
        observation(resource, by_id[full], fields) if full in by_id else _unseen(resource, full, deletions)
        for full in (full_id(id) for id in ids)
    ]


def purged(resource: Resource, id: str, deleted_at: datetime | None) -> Observation:
    """A record that no query shows any more, deleted by the evidence of the feed."""
    return Observation(RecordRef(System.SALESFORCE, resource.name, id), Presence.DELETED, deleted_at)


def position(seen: Sequence[Observation]) -> Position | None:
    """Where a scan stands after a page."""
    last = seen[-1] if seen else None
    return Position(last.version, last.ref.id) if last and last.version else None


def row_id(row: Mapping[str, Json]) -> str:
    """The row's id in 18 characters."""
    return full_id(wire.text(row.get("Id")))


def full_id(id: str) -> str:
    """`id` in 18 characters, or as it is when it is none."""
    return to_18(id) if is_id(id) else id


def _select(resource: Resource, fields: frozenset[str]) -> str:
    merged = [resource.merged_field] if resource.merged_field else []
    always = ["Id", "IsDeleted", "SystemModstamp", "LastModifiedById", *merged]
    named = dict.fromkeys([*always, *sorted(spelling.name(field) for field in fields)])
    return f"SELECT {', '.join(named)} FROM {spelling.name(resource.name)}"  # noqa: S608 - every name was checked


def _among(select: str, key_field: str, literals: Sequence[str]) -> str:
    return f"{select} WHERE {spelling.name(key_field)} IN ({','.join(literals)})"


def _query(root: str, soql: str) -> Outgoing:
    return Outgoing("GET", f"{root}/queryAll?q={quote(soql, safe='')}")


def _unseen(resource: Resource, id: str, deletions: Mapping[str, datetime | None]) -> Observation:
    if id in deletions:
        return purged(resource, id, deletions[id])
    return Observation(RecordRef(System.SALESFORCE, resource.name, id), Presence.INVISIBLE, None)
