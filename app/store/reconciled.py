"""What reconcile has read: kept as states and recorded as events, a page at a time."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from app.engine import match
from app.engine.events import Arrival, Event, Routes
from app.engine.hidden_parts import missing, with_missing
from app.engine.memory import Keyed
from app.engine.observe import observed
from app.engine.records import Observation, RecordRef, State, System
from app.engine.silence import newest_news
from app.engine.wholes import wholes
from app.mapping.model import Lens, Sync
from app.store import accounts, cursors, finds, inbox, match_index, outcomes, parts, progress, states
from app.store.inbox import Recorded

Cursor = tuple[str, System, str]
"""What has a cursor of its own: a sync's object in one system."""


class Came(NamedTuple):
    """How far a long read has come: when it began and the stamp up to which all is read, by the vendor's clock."""

    key: progress.Key
    begun_at: datetime
    reached: datetime | None


class Pusher(NamedTuple):
    """A connection, by what it is heard, and the user as whom we write there, where it names its writers."""

    connection: finds.Connected
    heard_by: Collection[Arrival]
    user: str | None


def begin(conn: Connection, cursor: Cursor, now: datetime, until: datetime) -> bool:
    """Whether the object is to be read now, because its time has come; a wish for a scan makes it come at once.

    If so, others leave it alone until `until`, unless somebody wishes for another scan.
    """
    known = cursors.get(conn, *cursor)
    if known and known.next_at > now:
        return False
    cursors.advance(conn, *cursor, None, until)
    return True


def record_page(
    conn: Connection,
    sync: Sync,
    seen: Sequence[Observation],
    lenses: Sequence[Lens],
    events: Sequence[Event],
    *,
    to_look_at: Callable[[Observation], Event],
    routes: Routes,
    looked_at: datetime,
    now: datetime,
    place: Mapping[System, str],
    came: Came | None = None,
    pusher: Pusher | None = None,
) -> Recorded:
    """Keep what was seen and record an event a row: the same row of the same version is known already.

    A record that shows a part no more is `to_look_at`, and keeps the part until then: the part may merely be hidden.
    `came` is how far a long read has come with this page, `place` the organisations that were read, `pusher` who should
    have told of what is new.
    """
    accounts.require(conn, sync.name, place)
    known = states.load(conn, sync.name, [each.ref for each in seen])
    changed_at = newest_news(sync, known, seen, pusher.user) if pusher else None
    lacking = [each for each in seen if missing(sync, known.get(each.ref), each)]
    kept = {each.ref: with_missing(sync, known[each.ref], each) for each in lacking}
    seen = [kept.get(each.ref, each) for each in seen]
    events = [*events, *map(to_look_at, lacking)]
    fresh = [observed(known.get(each.ref), each, lenses, looked_at) for each in seen]
    _index(conn, sync, fresh, states.save(conn, sync.name, fresh))
    for whole in wholes(sync, seen):
        parts.replace(conn, sync.name, whole.parent, whole.parts)
    if came:
        progress.advance(conn, came.key, came.begun_at, came.reached, len(seen))
    recorded = inbox.record(conn, events, routes, now)
    if pusher and changed_at:
        finds.note(conn, pusher.connection, changed_at, pusher.heard_by, now)
    return recorded


def finish(
    conn: Connection,
    cursor: Cursor,
    lanes: Iterable[str],
    position: datetime | None,
    *,
    left: progress.Progress,
    next_at: datetime,
    now: datetime,
    place: Mapping[System, str],
) -> None:
    """The last page is committed: the cursor moves, and scans that were asked for before it was begun are met.

    One that was asked for meanwhile is due at once.
    """
    sync, system, name = cursor
    accounts.require(conn, sync, place)
    cursors.advance(conn, sync, system, name, position, next_at)
    cursors.scanned(conn, sync, system, name, left.asked_at)
    known = cursors.get(conn, *cursor)
    if known and known.scan_requested_at:
        cursors.advance(conn, *cursor, None, now)
    for lane in lanes:
        outcomes.scanned(conn, lane, name, system, left.asked_at, now)
    progress.finish(conn, left.key)


def _index(conn: Connection, sync: Sync, fresh: Sequence[State], kept: Container[RecordRef]) -> None:
    keyed = [
        Keyed(mapping.name, state.ref, match.keys(mapping, state.seen))
        for mapping in sync.mappings.values()
        for state in fresh
        if mapping.object(state.ref.system) == state.ref.object
    ]
    match_index.keep(conn, sync.name, keyed, kept)
