"""What people decide and repair: pauses, holds, answers; and how far long reads have come, and what was used."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0005"
down_revision = "0004"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_pauses()
    _create_progress()
    _create_usage()
    op.add_column("leases", sa.Column("held_at", Instant))
    op.add_column("leases", sa.Column("held_because", sa.Text))
    op.add_column("leases", sa.Column("held_verb", sa.String(16)))
    op.add_column("leases", sa.Column("backfill_until", Instant))
    op.add_column("leases", sa.Column("guard_after", RowId))
    op.add_column("leases", sa.Column("guard_creates", sa.Integer))
    op.add_column("leases", sa.Column("guard_archives", sa.Integer))
    op.drop_index("ix_due_lane_rank_at", "due")
    op.create_index("ix_due_lane_rank_at", "due", ["lane", "rank_at", "system", "object", "record_id"])
    op.create_index("ix_calls_sent_at", "calls", ["sent_at"])
    op.create_index("ix_intents_lane_verb", "intents", ["lane", "verb", "call_id", "result"])
    op.add_column("questions", sa.Column("other", sa.String(255)))
    op.add_column("questions", sa.Column("used_at", Instant))
    op.create_index(
        "ix_states_merged_into",
        "states",
        ["sync", "system", "object", "merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_questions_other", "questions", ["other"])
    op.add_column("due", sa.Column("echo_by", sa.String(64)))
    op.drop_column("links", "paused")


def _create_pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String(255), primary_key=True),
        sa.Column("paused_at", Instant, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )


def _create_progress() -> None:
    op.create_table(
        "progress",
        sa.Column("purpose", sa.String(16), primary_key=True),
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("object", sa.String(128), primary_key=True),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("begun_at", Instant),
        sa.Column("reached", Instant),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("run_id", RowId),
    )


def _create_usage() -> None:
    op.create_table(
        "usage",
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("bytes_out", sa.BigInteger, nullable=False),
        sa.Column("calls_left", sa.BigInteger),
        sa.Column("told_at", Instant),
    )
