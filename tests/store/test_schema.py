"""Migrations make the schema that the tables describe."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, insert, text

from app.store.database import Database
from app.store.tables import metadata, runs
from tests.support.records import NOON

_DDL = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
_RUN = {"kind": "reconcile", "sync": "acme", "started_at": NOON, "counts": {}}


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


async def test_an_id_is_never_given_again(database: Database) -> None:
    def work(conn: Connection) -> None:
        conn.execute(insert(runs).values(_RUN))
        last = conn.execute(insert(runs).values(_RUN).returning(runs.c.id)).scalar_one()
        conn.execute(delete(runs))
        assert conn.execute(insert(runs).values(_RUN).returning(runs.c.id)).scalar_one() == last + 1

    await database.run(work)


async def test_no_table_of_sqlite_gives_an_id_again(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    ddl = {row.name: row.sql for row in await database.read(lambda conn: conn.execute(text(_DDL)).all())}
    numbered = [table.name for table in metadata.sorted_tables if table.c.get("id") is not None]
    assert len(numbered) == 8
    assert [name for name in numbered if "AUTOINCREMENT" not in ddl[name]] == []
    await database.close()
