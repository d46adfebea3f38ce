"""Migrations make the schema that the tables describe."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from app.store.database import Database
from app.store.tables import metadata
from tests.support.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
async def blank_url(request: pytest.FixtureRequest, postgres_server: Postgres, tmp_path: Path) -> AsyncIterator[str]:
    """A database without any table, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/blank.db"
        return
    async with postgres_server.blank() as url:
        yield url


def _differences(conn: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata))


async def test_the_migrations_and_the_tables_agree(database: Database) -> None:
    assert await database.read(_differences) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await database.migrate()

    assert await database.read(_differences) == []


async def test_several_processes_may_migrate_at_once(blank_url: str) -> None:
    processes = [await Database.open(blank_url) for _ in range(3)]

    await asyncio.gather(*(process.migrate() for process in processes))

    assert await processes[0].read(_differences) == []
    for process in processes:
        await process.close()
