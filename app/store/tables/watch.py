"""What is watched so that people can be told, and what they were told."""

from sqlalchemy import Column, Integer, String, Table, Text

from app.store.tables.conventions import metadata
from app.store.types import Instant

lapses = Table(
    "lapses",
    metadata,
    Column("system", String(16), primary_key=True),
    Column("connection", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
)
"""The connections whose sign-in is refused. A row stands only while it is."""

finds = Table(
    "finds",
    metadata,
    Column("system", String(16), primary_key=True),
    Column("connection", String(64), primary_key=True),
    Column("changed_at", Instant, nullable=False),
    Column("found_at", Instant, nullable=False),
)
"""Changes that reconcile found and no push told of: `changed_at` is when the newest was made, by the vendor's clock,
`found_at` when the first was found, by ours. A row stands only until the connection is heard again."""

notices = Table(
    "notices",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("words", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("told_at", Instant),
    Column("owes", String(16)),
    Column("untold", Integer, nullable=False),
    Column("untold_since", Instant),
    Column("claimed_until", Instant),
)
"""Every trouble that there was, one row a kind and subject: see `Notice`. `claimed_until` keeps other workers from
telling what one is telling."""
