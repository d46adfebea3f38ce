"""Records: states, match keys, who is part of whom, links, questions."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Document, Instant

revision = "0002"
down_revision = "0001"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_states()
    _create_match_keys()
    _create_match_scans()
    _create_parts()
    _create_links()
    _create_questions()


def _create_states() -> None:
    op.create_table(
        "states",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("object", sa.String(128), primary_key=True),
        sa.Column("record_id", sa.String(64), primary_key=True),
        sa.Column("presence", sa.String(16), nullable=False),
        sa.Column("version", Instant),
        sa.Column("fields", Document, nullable=False),
        sa.Column("stamps", Document, nullable=False),
        sa.Column("merged_into", sa.String(64)),
        sa.Column("observed_at", Instant, nullable=False),
    )


def _create_match_keys() -> None:
    op.create_table(
        "match_keys",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("mapping", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("record_id", sa.String(64), primary_key=True),
        sa.Column("value", sa.String(512), nullable=False),
    )
    op.create_index(
        "ix_match_keys_sync_mapping_name_system_value", "match_keys", ["sync", "mapping", "name", "system", "value"]
    )


def _create_match_scans() -> None:
    op.create_table(
        "match_scans",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("object", sa.String(128), primary_key=True),
        sa.Column("position", Instant, nullable=False),
        sa.Column("scanned_at", Instant, nullable=False),
    )


def _create_parts() -> None:
    op.create_table(
        "parts",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("child_object", sa.String(128), primary_key=True),
        sa.Column("child_id", sa.String(64), primary_key=True),
        sa.Column("parent_object", sa.String(128), primary_key=True),
        sa.Column("parent_id", sa.String(64), primary_key=True),
    )
    op.create_index(
        "ix_parts_sync_system_parent_object_parent_id", "parts", ["sync", "system", "parent_object", "parent_id"]
    )


def _create_links() -> None:
    op.create_table(
        "links",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("sync", sa.String(64), nullable=False),
        sa.Column("mapping", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("salesforce_object", sa.String(128), nullable=False),
        sa.Column("salesforce_id", sa.String(64), nullable=False),
        sa.Column("xero_object", sa.String(128), nullable=False),
        sa.Column("xero_id", sa.String(64), nullable=False),
        sa.Column("base", Document, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("linked_at", Instant, nullable=False),
        sa.UniqueConstraint("sync", "mapping", "slot", "salesforce_id"),
        sa.UniqueConstraint("sync", "xero_object", "xero_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_links_sync_salesforce_object_salesforce_id", "links", ["sync", "salesforce_object", "salesforce_id"]
    )


def _create_questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("mapping", sa.String(64), nullable=False),
        sa.Column("system", sa.String(16), nullable=False),
        sa.Column("object", sa.String(128), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("answered_at", Instant),
        sa.Column("answer", Document),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_questions_lane_answered_at", "questions", ["lane", "answered_at"])
    op.create_index(
        "uq_questions_open",
        "questions",
        ["lane", "system", "object", "record_id", "topic"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
        sqlite_where=sa.text("answered_at IS NULL"),
    )
