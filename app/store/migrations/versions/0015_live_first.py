"""What is live is found without reading past the backfill that waits behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
beside = True


def upgrade() -> None:
    live = sa.text("priority <> 30 AND dead_at IS NULL")
    op.drop_index("ix_due_live", "due", if_exists=True, postgresql_concurrently=True)
    op.create_index(
        "ix_due_live",
        "due",
        ["lane", "rank_at", "system", "object", "record_id"],
        postgresql_where=live,
        sqlite_where=live,
        postgresql_concurrently=True,
    )
