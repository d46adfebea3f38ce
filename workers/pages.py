"""Pages: what reconcile and long reads read is kept, and made into events, a page at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from app import accounts, pushers
from app.connectors import wire
from app.engine.events import Event, Kind, Origin
from app.engine.ports import Page
from app.engine.records import Observation, Presence
from app.runtime import Runtime
from app.store import reconciled
from app.store.inbox import Recorded
from app.store.progress import Purpose
from app.store.reconciled import Came, Pusher
from workers.targets import Target, lane_of


async def record(
    runtime: Runtime,
    target: Target,
    page: Page,
    events: Sequence[Event],
    looked_at: datetime,
    came: Came | None = None,
) -> Recorded:
    """Commit a page and what is to come of it, then ring for the lanes that have work by it.

    `came` is how far a long read has come with the page.
    """
    lenses = list(lane_of(runtime, target).lenses(target.system, target.object))
    routes, place, now = runtime.routes, accounts.place(runtime.settings, target.sync), runtime.clock.now()
    recorded: Recorded = await runtime.database.run(
        lambda conn: reconciled.record_page(
            conn,
            target.sync,
            page.observations,
            lenses,
            events,
            to_look_at=lambda seen: _to_look_at(runtime, target, seen, looked_at),
            routes=routes,
            looked_at=looked_at,
            now=now,
            place=place,
            came=came,
            pusher=pusher_of(runtime, target) if came and came.key[0] is Purpose.CHANGES else None,
        )
    )
    for name in recorded.lanes:
        runtime.doorbell.ring(name)
    return recorded


def pusher_of(runtime: Runtime, target: Target) -> Pusher:
    """Who should push what is read of the object."""
    heard_by = pushers.arrivals(runtime.settings).get(target.connection, frozenset())
    return Pusher(target.connection, heard_by, runtime.connectors(target.sync)[target.system].user)


def _to_look_at(runtime: Runtime, target: Target, seen: Observation, looked_at: datetime) -> Event:
    """An event without a version: whatever is known of the record, it is looked at anew."""
    event = event_of(runtime, target, seen)
    return replace(event, key=f"{event.key}:parts:{looked_at.isoformat()}", version=None)


def event_of(runtime: Runtime, target: Target, seen: Observation) -> Event:
    """The event that a record's change makes.

    Salesforce stamps to the second: a second edit in it is told from the first by what the record holds.
    """
    account = accounts.account(runtime.settings, target.sync, target.system)
    stamp = seen.version.isoformat() if seen.version else "unstamped"
    held = sha256(wire.dumps(dict(sorted(seen.fields.items()))).encode()).hexdigest()[:12]
    return Event(
        key=f"reconcile:{target.system}:{account}:{target.object}:{seen.ref.id}:{stamp}:{seen.presence}:{held}",
        system=target.system,
        account=account,
        object=target.object,
        record_id=seen.ref.id,
        kind=Kind.DELETED if seen.presence is Presence.DELETED else Kind.CHANGED,
        origin=Origin.RECONCILE,
        version=seen.version,
        by=seen.by,
    )
