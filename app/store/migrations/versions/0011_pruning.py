"""What is forgotten after a while is found by its time."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_index("ix_history_at", "history", ["at"])
    op.create_index("ix_history_outcome_at", "history", ["outcome", "at"])
