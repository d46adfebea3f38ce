"""What reconcile, sign-in and long runs remember."""

import sqlalchemy as sa
from alembic import op

from app.store.types import Document, Instant

revision = "0004"
down_revision = "0003"

RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_cursors()
    _create_sequences()
    _create_tokens()
    _create_runs()


def _create_cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("sync", sa.String(64), primary_key=True),
        sa.Column("system", sa.String(16), primary_key=True),
        sa.Column("object", sa.String(128), primary_key=True),
        sa.Column("position", Instant),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("scan_requested_at", Instant),
    )


def _create_sequences() -> None:
    op.create_table(
        "sequences",
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("connection", sa.String(64), primary_key=True),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("saved_at", Instant),
        sa.Column("refreshing_by", sa.String(128)),
        sa.Column("refreshing_until", Instant),
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sync", sa.String(64), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.Column("counts", Document, nullable=False),
        sa.Column("error", sa.Text),
        sqlite_autoincrement=True,
    )
