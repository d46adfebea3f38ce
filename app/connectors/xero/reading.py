"""Xero records as observations: by id, by key, by time of change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.connectors import wire
from app.connectors.http import Outgoing, Reply, http_date
from app.connectors.xero import spelling
from app.connectors.xero.resources import Resource
from app.connectors.xero.tolerance import plainly
from app.engine.records import Observation, Presence, RecordRef
from app.mapping.values import Json, System

PAGE_SIZE = 1000
_LOOKUP_LENGTH = 3000
_ANSWER_WORDS = frozenset({"StatusAttributeString", "ValidationErrors", "Warnings", "HasValidationErrors", "HasErrors"})


class Elements(NamedTuple):
    """One page of an answer."""

    rows: Sequence[Mapping[str, Json]]
    vendor_now: datetime | None
    last: bool


class Scan(NamedTuple):
    """Where a scan by time of change stands."""

    since: datetime | None
    page: int = 1

    def after(self, seen: Sequence[Observation]) -> "Scan":
        """Where to go on after a page.

        A row that changes meanwhile moves to the end and draws all later ones one place forward, over the edge of the
        page. So the next page begins by time, a second before this one ended as nobody says whether `since` includes
        its own second; and only where that leads nowhere, by its number.
        """
        stamps = [each.version for each in seen if each.version]
        if len(stamps) == len(seen) and stamps == sorted(stamps):
            since = stamps[-1].replace(microsecond=0) - timedelta(seconds=1)
            if since > stamps[0]:
                return Scan(since)
        return self._replace(page=self.page + 1)


def by_ids(resource: Resource, ids: Sequence[str]) -> Outgoing:
    """Ask for records by id, as many as one read takes. Only a paged answer holds whole elements."""
    distinct = list(dict.fromkeys(ids))
    if resource.takes_ids:
        asked = f"IDs={spelling.encoded(','.join(distinct))}"
    else:
        asked = _where([spelling.is_id(resource.id_field, id) for id in distinct])
    return Outgoing("GET", f"{resource.path}?{asked}&includeArchived=true&page=1&pageSize=100{resource.brief}")


def by_lookup(resource: Resource, lookup: str, page: int) -> Outgoing:
    """Ask for one page of what a lookup finds, archived records too."""
    return Outgoing("GET", f"{resource.path}?{lookup}&includeArchived=true&page={page}&pageSize={PAGE_SIZE}")


def by_change(resource: Resource, scan: Scan) -> Outgoing:
    """Ask for the next page of a scan, in Xero's own order, which is that of change."""
    headers = {"If-Modified-Since": spelling.modified_since(scan.since)} if scan.since else {}
    query = f"includeArchived=true&page={scan.page}&pageSize={PAGE_SIZE}{resource.brief}"
    return Outgoing("GET", f"{resource.path}?{query}", headers=headers)


def lookups(resource: Resource, key_field: str, keys: Sequence[str]) -> Iterator[str]:
    """Queries that together find all `keys`, each short enough for an address; they may find more.

    A key that no filter can name is searched for by its longest piece.
    """
    clauses = list[str]()
    for key in dict.fromkeys(keys):
        if not spelling.plain(key):
            yield from _search(resource, key_field, spelling.longest_piece(key))
            continue
        clause = spelling.equals(key_field, key)
        if clauses and len(_where([*clauses, clause])) > _LOOKUP_LENGTH:
            yield _where(clauses)
            clauses = []
        clauses.append(clause)
    if clauses:
        yield _where(clauses)


def elements(resource: Resource, reply: Reply, page: int) -> Elements:
    """What a page holds. Without Xero's own count of pages, a page that is not full is the last."""
    answer = wire.mapping(plainly(reply.json))
    rows = wire.items(answer.get(resource.plural))
    count = wire.mapping(answer.get("pagination")).get("pageCount")
    last = page >= count if isinstance(count, int) else len(rows) < PAGE_SIZE
    return Elements(rows, _vendor_now(answer, reply), last or not rows)


def observation(resource: Resource, row: Mapping[str, Json], fields: frozenset[str] | None = None) -> Observation:
    """A row of an answer as it was seen; `fields` None keeps all that belong to the record."""
    status = wire.text(row.get(resource.status_field)).upper()
    wanted = fields if fields is not None else row.keys() - _ANSWER_WORDS
    return Observation(
        RecordRef(System.XERO, resource.name, row_id(resource, row)),
        _presence(resource, status),
        spelling.instant(row.get("UpdatedDateUTC")),
        {name: value for name, value in row.items() if name in wanted},
        merged_into=wire.text(row.get(resource.merged_field or "")).lower() or None,
    )


def observed(
    resource: Resource, ids: Sequence[str], rows: Sequence[Mapping[str, Json]], fields: frozenset[str]
) -> list[Observation]:
    """One observation for every id, in their order; invisible where no row came."""
    found = {row_id(resource, row): row for row in rows}
    return [
        observation(resource, found[id], fields) if id.lower() in found else _invisible(resource, id)
        for id in (each.lower() for each in ids)
    ]


def row_id(resource: Resource, row: Mapping[str, Json]) -> str:
    """The row's id; blank when it shows none."""
    return wire.text(row.get(resource.id_field)).lower()


def _where(clauses: Sequence[str]) -> str:
    return f"where={spelling.encoded(' OR '.join(clauses))}"


def _search(resource: Resource, key_field: str, piece: str) -> Iterator[str]:
    if piece and key_field in resource.searched:
        yield f"searchTerm={spelling.encoded(piece)}"
    elif piece:
        yield _where([f'({key_field}!=null AND {key_field}.Contains("{piece}"))'])


def _presence(resource: Resource, status: str) -> Presence:
    if status in resource.deleted:
        return Presence.DELETED
    return Presence.ARCHIVED if status in resource.archived else Presence.LIVE


def _invisible(resource: Resource, id: str) -> Observation:
    return Observation(RecordRef(System.XERO, resource.name, id), Presence.INVISIBLE, None)


def _vendor_now(answer: Mapping[str, Json], reply: Reply) -> datetime | None:
    return spelling.instant(answer.get("DateTimeUTC")) or http_date(reply.headers.get("date"))
