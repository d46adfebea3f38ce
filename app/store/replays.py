"""Replays: which records a person may mean who asks for many of them again."""

from datetime import datetime

from sqlalchemy import Connection, select

from app.engine.records import RecordRef
from app.store.due import ref_of
from app.store.tables import inbox, outcomes, states


def named_since(conn: Connection, sync: str, since: datetime) -> tuple[RecordRef, ...]:
    """The records that an event has named to a lane of `sync` since an instant."""
    c = outcomes.c
    events = select(c.system, c.object, c.record_id).join(inbox, inbox.c.id == c.event_id)
    named = events.where(
        inbox.c.received_at >= since, c.lane.startswith(f"{sync}/", autoescape=True), c.record_id != ""
    )
    return tuple(sorted(ref_of(*row) for row in conn.execute(named.distinct())))


def seen_by(conn: Connection, sync: str) -> tuple[RecordRef, ...]:
    """Every record that was ever looked at for `sync`."""
    rows = select(states.c.system, states.c.object, states.c.record_id).where(states.c.sync == sync)
    return tuple(sorted(ref_of(*row) for row in conn.execute(rows)))
