"""Which trace a due record goes on with."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("due", sa.Column("trace", sa.String(55)))
