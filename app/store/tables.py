"""The tables, in the words of the glossary."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.store.types import Document, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER column."""

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
    Column("waits_for", String(255)),
    Column("dead_at", Instant),
    Column("code", String(64)),
    Column("reason", Text),
    Index(None, "lane", "rank_at"),
    Index(None, "lane", "claimed_epoch"),
    Index(None, "waits_for"),
)
"""Records that must be looked at, the smallest `rank_at` first: it is the time it became due, later by a span that
grows with its class, so that waiting raises the class. `echo_version` is the newest vendor stamp of the pushes that
made it due, null as soon as one of them had none; `waits_for` names the record without which it cannot go on;
`dead_at` marks a dead letter."""

states = Table(
    "states",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("object", String(128), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("presence", String(16), nullable=False),
    Column("version", Instant),
    Column("fields", Document, nullable=False),
    Column("stamps", Document, nullable=False),
    Column("merged_into", String(64)),
    Column("observed_at", Instant, nullable=False),
)

match_keys = Table(
    "match_keys",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("mapping", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("record_id", String(64), primary_key=True),
    Column("value", String(512), nullable=False),
    Index(None, "sync", "mapping", "name", "system", "value"),
)
"""By what an unlinked record can be recognised: one row a record and match rule."""

match_scans = Table(
    "match_scans",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("object", String(128), primary_key=True),
    Column("position", Instant, nullable=False),
    Column("scanned_at", Instant, nullable=False),
)
"""How far the match index has read: `position` by the vendor's clock, `scanned_at` by ours."""

parts = Table(
    "parts",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("child_object", String(128), primary_key=True),
    Column("child_id", String(64), primary_key=True),
    Column("parent_object", String(128), primary_key=True),
    Column("parent_id", String(64), primary_key=True),
    Index(None, "sync", "system", "parent_object", "parent_id"),
)
"""Who is part of whom, as last observed."""

links = Table(
    "links",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("sync", String(64), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("salesforce_object", String(128), nullable=False),
    Column("salesforce_id", String(64), nullable=False),
    Column("xero_object", String(128), nullable=False),
    Column("xero_id", String(64), nullable=False),
    Column("base", Document, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("sync", "mapping", "slot", "salesforce_id"),
    UniqueConstraint("sync", "xero_object", "xero_id"),
    Index(None, "sync", "salesforce_object", "salesforce_id"),
)
"""Ties. The second constraint is ownership: a Xero record belongs to one link, whichever mapping made it."""

questions = Table(
    "questions",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("lane", String(128), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("system", String(16), nullable=False),
    Column("object", String(128), nullable=False),
    Column("record_id", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("detail", Document, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("answer", Document),
    Index(None, "lane", "answered_at"),
    Index(
        "uq_questions_open",
        "lane",
        "system",
        "object",
        "record_id",
        "topic",
        unique=True,
        sqlite_where=text("answered_at IS NULL"),
        postgresql_where=text("answered_at IS NULL"),
    ),
)
"""What a person must decide. A topic is open at most once for a record; one that was withdrawn has no answer."""

calls = Table(
    "calls",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("lane", String(128), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("system", String(16), nullable=False),
    Column("method", String(8), nullable=False),
    Column("target", Text, nullable=False),
    Column("idempotency_key", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("result", String(16), nullable=False),
    Column("request_id", String(128)),
    Column("error", Text),
    Index(None, "lane", "result"),
)
"""Requests to a vendor, committed before they are sent. `result`: open, answered, doubtful, not_done."""

intents = Table(
    "intents",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("call_id", RowId, ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("lane", String(128), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("slot", String(64), nullable=False),
    Column("link_id", RowId),
    Column("verb", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("source_object", String(128), nullable=False),
    Column("source_id", String(64), nullable=False),
    Column("target_object", String(128), nullable=False),
    Column("target_id", String(64)),
    Column("element", Document, nullable=False),
    Column("carries", Document, nullable=False),
    Column("result", String(16), nullable=False),
    Index(None, "lane", "result"),
    Index(None, "call_id", "position"),
)
"""One element of a call. `carries` is the base that stands once the vendor acknowledged it. `result`: open, done,
refused, not_done."""

history = Table(
    "history",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("lane", String(128), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("salesforce_object", String(128), nullable=False),
    Column("salesforce_id", String(64)),
    Column("xero_object", String(128), nullable=False),
    Column("xero_id", String(64)),
    Column("action", String(16), nullable=False),
    Column("target", String(16)),
    Column("reason", Text, nullable=False),
    Column("changes", Document, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("call_id", RowId),
    Column("error", Text),
    Index(None, "salesforce_object", "salesforce_id"),
    Index(None, "xero_object", "xero_id"),
    Index(None, "lane", "at"),
)
"""What was decided and what then happened. `changes` has, per field rule, before, after and the rule that decided."""

cursors = Table(
    "cursors",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("object", String(128), primary_key=True),
    Column("position", Instant),
    Column("next_at", Instant, nullable=False),
    Column("scan_requested_at", Instant),
)
"""How far reconcile has read, by the vendor's clock; when it is to read again, by ours."""

sequences = Table(
    "sequences",
    metadata,
    Column("connection", String(64), primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last webhook sequence number seen of each Xero app: it only tells that something is missing."""

leases = Table(
    "leases",
    metadata,
    Column("lane", String(128), primary_key=True),
    Column("owner", String(128)),
    Column("epoch", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("parked_until", Instant),
    Column("parked_because", Text),
)

tokens = Table(
    "tokens",
    metadata,
    Column("connection", String(64), primary_key=True),
    Column("secret", LargeBinary),
    Column("generation", Integer, nullable=False),
    Column("expires_at", Instant),
    Column("saved_at", Instant),
    Column("refreshing_by", String(128)),
    Column("refreshing_until", Instant),
)
"""Token sets, encrypted. `refreshing_by` and `refreshing_until` make a refresh single flight across processes."""

runs = Table(
    "runs",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("sync", String(64), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("counts", Document, nullable=False),
    Column("error", Text),
)
