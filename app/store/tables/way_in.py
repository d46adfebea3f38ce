"""The way in: accepted events, what lanes made of them, due records, leases."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from app.store.tables.conventions import RowId, metadata
from app.store.types import Document, Instant

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("system", String(16), nullable=False),
    Column("account", String(64), nullable=False),
    Column("object", String(128), nullable=False),
    Column("record_id", String(64)),
    Column("kind", String(16), nullable=False),
    Column("origin", String(32), nullable=False),
    Column("version", Instant),
    Column("detail", Document, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("routed", Boolean, nullable=False),
    Index(None, "system", "object", "record_id"),
    Index(None, "received_at"),
    sqlite_autoincrement=True,
)
"""Accepted events. `routed` is false where no sync names the event's account and object."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("event_id", RowId, ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True),
    Column("lane", String(128), primary_key=True),
    Column("system", String(16), nullable=False),
    Column("object", String(128), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("mark", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text),
    Column("settled_at", Instant),
    Index(None, "lane", "system", "object", "record_id", "outcome"),
    Index(None, "lane", "outcome"),
)
"""What each lane made of each event. `mark` is the due record's counter as this event left it."""

due = Table(
    "due",
    metadata,
    Column("lane", String(128), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("object", String(128), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("counter", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("rank_at", Instant, nullable=False),
    Column("first_due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_epoch", Integer, nullable=False),
    Column("echo_version", Instant),
    Column("echo_by", String(64)),
    Column("waits_for", String(255)),
    Column("dead_at", Instant),
    Column("code", String(64)),
    Column("reason", Text),
    Column("trace", String(55)),
    Index("ix_due_lane_rank_at", "lane", "rank_at", "system", "object", "record_id"),
    Index(
        "ix_due_live",
        "lane",
        "rank_at",
        "system",
        "object",
        "record_id",
        sqlite_where=text("priority <> 30 AND dead_at IS NULL"),
        postgresql_where=text("priority <> 30 AND dead_at IS NULL"),
    ),
    Index(None, "lane", "claimed_epoch"),
    Index(None, "waits_for"),
)
"""Records that must be looked at, the smallest `rank_at` first: it is the time it became due, later by a span that
grows with its class, so that waiting raises the class. `echo_version` is the newest vendor stamp of the pushes that
made it due, null as soon as one of them had none; `echo_by` is the user who, by all these pushes, wrote last;
`waits_for` names what it cannot go on without; `dead_at` marks a dead letter; `trace` is the place in a trace from
which the newest event came."""

leases = Table(
    "leases",
    metadata,
    Column("lane", String(128), primary_key=True),
    Column("owner", String(128)),
    Column("epoch", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("parked_until", Instant),
    Column("parked_because", Text),
    Column("held_at", Instant),
    Column("held_because", Text),
    Column("held_verb", String(16)),
    Column("guard_after", RowId),
    Column("guard_creates", Integer),
    Column("guard_archives", Integer),
    Column("backfill_until", Instant),
)
"""Who drains a lane. It is parked until a time, or held until a person releases it, for
writes of `held_verb` if the guard held it. The guard counts the calls after `guard_after`; `guard_creates` and
`guard_archives` are how many a person lets through before it counts again, null once there is nothing to do. Until
`backfill_until` no backfill is worked on: the quota that is left is for what is live."""

stops = Table(
    "stops",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("scope", String(255), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("because", Text, nullable=False),
    Column("ended_at", Instant),
    Index(None, "scope", "begun_at"),
    sqlite_autoincrement=True,
)
"""Every pause and every hold that there was, by what it was of; without `ended_at` it lasts."""

pauses = Table(
    "pauses",
    metadata,
    Column("scope", String(255), primary_key=True),
    Column("paused_at", Instant, nullable=False),
    Column("because", Text, nullable=False),
)
"""What a person has stopped: a sync, a mapping or a record, as `Pause` spells it."""
