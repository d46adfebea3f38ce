"""The way in: accepted events, what lanes made of them, due records, leases."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Document, Instant

revision = "0001"
down_revision = None

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_inbox()
    _create_outcomes()
    _create_due()
    _create_leases()


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("system", sa.String(16), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("object", sa.String(128), nullable=False),
        sa.Column("record_id", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("version", Instant),
        sa.Column("detail", Document, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("routed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_system_object_record_id", "inbox", ["system", "object", "record_id"])


def _create_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column(
            "event_id",
            RowId,
            sa.ForeignKey("inbox.id", ondelete="CASCADE", name="fk_outcomes_event_id"),
            primary_key=True,
        ),
        sa.Column("lane", sa.String(128), primary_key=True),
        sa.Column("system", sa.String(16), nullable=False),
        sa.Column("object", sa.String(128), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("mark", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("settled_at", Instant),
    )
    op.create_index("ix_outcomes_lane_outcome", "outcomes", ["lane", "outcome"])
    op.create_index(
        "ix_outcomes_lane_system_object_record_id_outcome",
        "outcomes",
        ["lane", "system", "object", "record_id", "outcome"],
    )


def _create_due() -> None:
    op.create_table(
        "due",
        sa.Column("lane", sa.String(128), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("object", sa.String(128), primary_key=True),
        sa.Column("record_id", sa.String(64), primary_key=True),
        sa.Column("counter", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("rank_at", Instant, nullable=False),
        sa.Column("first_due_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claimed_epoch", sa.Integer, nullable=False),
        sa.Column("echo_version", Instant),
        sa.Column("waits_for", sa.String(255)),
        sa.Column("dead_at", Instant),
        sa.Column("code", sa.String(64)),
        sa.Column("reason", sa.Text),
    )
    op.create_index("ix_due_lane_claimed_epoch", "due", ["lane", "claimed_epoch"])
    op.create_index("ix_due_lane_rank_at", "due", ["lane", "rank_at"])
    op.create_index("ix_due_waits_for", "due", ["waits_for"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("lane", sa.String(128), primary_key=True),
        sa.Column("owner", sa.String(128)),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("parked_until", Instant),
        sa.Column("parked_because", sa.Text),
    )
