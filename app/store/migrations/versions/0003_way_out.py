"""The way out: calls, their intents, history."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Document, Instant

revision = "0003"
down_revision = "0002"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_calls()
    _create_intents()
    _create_history()


def _create_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("system", sa.String(16), nullable=False),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.String(128), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sent_at", Instant, nullable=False),
        sa.Column("answered_at", Instant),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("request_id", sa.String(128)),
        sa.Column("error", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calls_lane_result", "calls", ["lane", "result"])


def _create_intents() -> None:
    op.create_table(
        "intents",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column(
            "call_id", RowId, sa.ForeignKey("calls.id", ondelete="CASCADE", name="fk_intents_call_id"), nullable=False
        ),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("mapping", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("link_id", RowId),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("source_object", sa.String(128), nullable=False),
        sa.Column("source_id", sa.String(64), nullable=False),
        sa.Column("target_object", sa.String(128), nullable=False),
        sa.Column("target_id", sa.String(64)),
        sa.Column("element", Document, nullable=False),
        sa.Column("carries", Document, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_intents_call_id_position", "intents", ["call_id", "position"])
    op.create_index("ix_intents_lane_result", "intents", ["lane", "result"])


def _create_history() -> None:
    op.create_table(
        "history",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("mapping", sa.String(64), nullable=False),
        sa.Column("salesforce_object", sa.String(128), nullable=False),
        sa.Column("salesforce_id", sa.String(64)),
        sa.Column("xero_object", sa.String(128), nullable=False),
        sa.Column("xero_id", sa.String(64)),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changes", Document, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("call_id", RowId),
        sa.Column("error", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_lane_at", "history", ["lane", "at"])
    op.create_index("ix_history_salesforce_object_salesforce_id", "history", ["salesforce_object", "salesforce_id"])
    op.create_index("ix_history_xero_object_xero_id", "history", ["xero_object", "xero_id"])
