"""Bring a database's schema up to date, through the connection it is given."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Step:
    """One migration. One that runs `beside` the others' work must be in no transaction."""

    revision: str
    beside: bool


def upgrade(conn: Connection) -> None:
    """Run every migration that is missing, inside the caller's transaction."""
    while step := next_step(conn):
        take(conn, step)


def next_step(conn: Connection) -> Step | None:
    """The migration to run next; None when there is none, also if a newer Crossbook has gone further already.

    Raises `ConfigurationError` when the database has a schema that is none of ours.
    """
    script, has = ScriptDirectory.from_config(_config()), revision(conn)
    if not has or has in {known.revision for known in script.walk_revisions()}:
        missing = list(script.iterate_revisions("head", has or "base"))
        return Step(missing[-1].revision, getattr(missing[-1].module, "beside", False)) if missing else None
    if has.isdigit() and has > newest():
        return None
    raise ConfigurationError(f"the database has the schema {has}, which no version of Crossbook made; see DATABASE_URL")


def take(conn: Connection, step: Step) -> None:
    """Run one migration, unless somebody else has meanwhile."""
    if revision(conn) >= step.revision:
        return
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, step.revision)


def newest() -> str:
    """The schema that `upgrade` brings a database to."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(conn: Connection) -> str:
    """The schema that the database has."""
    return MigrationContext.configure(conn).get_current_revision() or ""


def write(conn: Connection) -> None:
    """Write what is there already: that changes nothing, and needs room on the disk all the same."""
    conn.execute(text("UPDATE alembic_version SET version_num = version_num"))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
