"""Bring a database's schema up to date, through the connection it is given."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.store.postgresql import take_time

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 6_274_001
"""The advisory lock that keeps two processes from migrating one PostgreSQL database at once."""


def upgrade(conn: Connection) -> None:
    """Run every migration that is missing, inside the caller's transaction."""
    if conn.dialect.name == "postgresql":
        take_time(conn)
        conn.execute(text("SET LOCAL lock_timeout = 0"))
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def newest() -> str:
    """The schema that `upgrade` brings a database to."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(conn: Connection) -> str:
    """The schema that the database has."""
    return MigrationContext.configure(conn).get_current_revision() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
