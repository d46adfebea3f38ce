"""Records: states, match keys, who is part of whom, links, questions."""

from sqlalchemy import Column, Index, String, Table, UniqueConstraint, text

from app.store.tables.conventions import RowId, metadata
from app.store.types import Document, Instant

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
    Index(
        "ix_states_merged_into",
        "sync",
        "system",
        "object",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
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
    Column("linked_at", Instant, nullable=False),
    UniqueConstraint("sync", "mapping", "slot", "salesforce_id"),
    UniqueConstraint("sync", "xero_object", "xero_id"),
    Index(None, "sync", "salesforce_object", "salesforce_id"),
    sqlite_autoincrement=True,
)
"""Ties. The second constraint is ownership: a Xero record belongs to one link, whichever mapping made it."""

partings = Table(
    "partings",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("salesforce_id", String(64), primary_key=True),
    Column("xero_id", String(64), primary_key=True),
    Column("parted_at", Instant, nullable=False),
    Index(None, "sync", "xero_id"),
)
"""Pairs that a person took apart: nothing but a person ties them again."""

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
    Column("used_at", Instant),
    Column("other", String(255)),
    Index(None, "lane", "answered_at"),
    Index("ix_questions_other", "other"),
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
    sqlite_autoincrement=True,
)
"""What a person must decide. A topic is open at most once for a record; one that was withdrawn has no answer.
`used_at` is when a plan followed the answer; `other` names the record whose change would settle it by itself."""
