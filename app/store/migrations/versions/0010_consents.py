"""Consents that are under way."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("state_hash", sa.String(64), primary_key=True),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("answer", sa.LargeBinary),
    )
