"""What reconcile, sign-in and long runs remember."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from app.store.tables.conventions import RowId, metadata
from app.store.types import Document, Instant

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
