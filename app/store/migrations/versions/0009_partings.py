"""Pairs that a person took apart."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "partings",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("salesforce_id", sa.String(64), primary_key=True),
        sa.Column("xero_id", sa.String(64), primary_key=True),
        sa.Column("parted_at", Instant, nullable=False),
    )
    op.create_index("ix_partings_sync_xero_id", "partings", ["sync", "xero_id"])
