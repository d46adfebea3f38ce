"""Where a sync came from when it moved to another organisation, and when that was."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("former", sa.String(64)))
    op.add_column("accounts", sa.Column("moved_at", Instant))
