"""When each sender was last heard."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "pushes",
        sa.Column("route", sa.String(128), primary_key=True),
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("last_at", Instant, nullable=False),
    )
