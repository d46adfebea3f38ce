"""The way out: calls, their intents, history."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from app.store.tables.conventions import RowId, metadata
from app.store.types import Document, Instant

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
    Index(None, "sent_at"),
    sqlite_autoincrement=True,
)
"""Requests to a vendor, committed before they are sent. `result`: see `CallResult`."""

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
    Index("ix_intents_lane_verb", "lane", "verb", "call_id", "result"),
    sqlite_autoincrement=True,
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
    Index(None, "at"),
    Index(None, "outcome", "at"),
    sqlite_autoincrement=True,
)
"""What was decided and what then happened. `changes` has, per field rule, before, after and the rule that decided."""
