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

consents = Table(
    "consents",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("connection", String(64), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answer", LargeBinary),
)
"""Consents under way: whom a person was sent to a vendor for, and, encrypted, what they were sent back with."""

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
    sqlite_autoincrement=True,
)

progress = Table(
    "progress",
    metadata,
    Column("purpose", String(16), primary_key=True),
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("object", String(128), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("begun_at", Instant),
    Column("reached", Instant),
    Column("records", Integer, nullable=False),
    Column("run_id", RowId),
)
"""How far a long read of a whole object has come, so that it goes on where it was left: `begun_at` and `reached` by the
vendor's clock, `next_at` by ours. A row stands only while the read is under way."""

accounts = Table(
    "accounts",
    metadata,
    Column("sync", String(64), primary_key=True),
    Column("system", String(16), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("former", String(64)),
    Column("moved_at", Instant),
)
"""Which organisation of each system the records of a sync are of, from which `former` one it came, and when."""

pushes = Table(
    "pushes",
    metadata,
    Column("route", String(128), primary_key=True),
    Column("connection", String(64), primary_key=True),
    Column("last_at", Instant, nullable=False),
)
"""When a verified push last came by each route from each connection; and, by its own route and from none, when the
web process last tried whether one would be kept."""

usage = Table(
    "usage",
    metadata,
    Column("system", String(16), primary_key=True),
    Column("connection", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("calls_left", BigInteger),
    Column("told_at", Instant),
)
"""What a connection used on a day (UTC): calls, and bytes read out of the vendor. `calls_left` is what the vendor
last said is left of the day's calls, at `told_at`."""
