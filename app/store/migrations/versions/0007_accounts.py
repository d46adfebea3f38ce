"""Which organisation the records of a sync are of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
    )
