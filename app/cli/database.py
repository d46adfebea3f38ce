"""The database of this installation, without anything else that an installation has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.log import configure_logging
from app.settings import Settings
from app.store.database import Database


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, migrated; nothing is logged below a warning."""
    configure_logging("warning", settings.log_format)
    database = await Database.open(settings.database_url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()
