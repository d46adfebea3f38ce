"""What people are told, and what it is told from."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "lapses",
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("since", Instant, nullable=False),
    )
    op.create_table(
        "finds",
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("found_at", Instant, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("remedy", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("told_at", Instant),
        sa.Column("owes", sa.String(16)),
        sa.Column("untold", sa.Integer, nullable=False),
        sa.Column("untold_since", Instant),
        sa.Column("claimed_until", Instant),
    )
