"""Every pause and every hold that there was."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0008"
down_revision = "0007"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stops",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("ended_at", Instant),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stops_scope_begun_at", "stops", ["scope", "begun_at"])
