"""The schema is brought up to date while others work, whatever version they are of."""

import asyncio
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, inspect, make_url, select, text
from sqlalchemy.util import await_only
from structlog.testing import capture_logs

from app.clock import SystemClock
from app.engine.events import Event, Kind, Origin, Routes
from app.engine.records import System
from app.errors import ConfigurationError
from app.store import backlog, inbox, outcomes, schema
from app.store.database import Database
from app.store.postgresql import CHANGE_LOCK_SECONDS, PostgresqlDriver
from app.store.schema import Step
from app.store.tables import inbox as inbox_table
from app.store.tables import pushes
from tests.support.migration_rules import faults
from tests.support.records import NOON

ORG = "00D5Y000001MPM7"
ROUTES = Routes({(System.SALESFORCE, ORG, "Account"): ("acme/Contact",)})
FORMER = Step("0014", beside=False)
"""The oldest schema that the way in of today can do with."""

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = "{before:04}"
{what}
"""
EXPANDS = """

def upgrade():
    op.add_column("inbox", sa.Column("note", sa.Text))
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))
"""
BUILDS_BESIDE = """
beside = True


def upgrade():
    op.drop_index("ix_inbox_note", "inbox", if_exists=True, postgresql_concurrently=True)
    op.create_index("ix_inbox_note", "inbox", ["note"], postgresql_concurrently=True)
"""
"""What the two releases after this one might bring."""

LIMIT_SECONDS = 30.0


@dataclass
class Load:
    """A writer that records events without a pause, and a reader that looks at what is due."""

    database: Database
    recorded: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the block ends; whatever was refused is raised then."""
        leaving = asyncio.Event()
        work = [asyncio.create_task(each(leaving)) for each in (self._write, self._write, self._read)]
        try:
            yield
        finally:
            leaving.set()
            await asyncio.gather(*work)

    async def more(self, events: int) -> None:
        """Wait until so many more events have been recorded."""
        enough = self.recorded + events
        async with asyncio.timeout(LIMIT_SECONDS):
            while self.recorded < enough:  # noqa: ASYNC110 - the writers tell what they do only by what they have done
                await asyncio.sleep(0.01)

    async def _write(self, leaving: asyncio.Event) -> None:
        while not leaving.is_set():
            await self.database.run(partial(self._record, self._event()))
            self.recorded += 1

    async def _read(self, leaving: asyncio.Event) -> None:
        while not leaving.is_set():
            await self.database.read(lambda conn: backlog.lanes_to_ring(conn, SystemClock().now()))
            await asyncio.sleep(0.005)

    @staticmethod
    def _record(event: Event, conn: Connection) -> None:
        inbox.record(conn, [event], ROUTES, SystemClock().now())

    def _event(self) -> Event:
        name = f"{self.recorded}-{time.monotonic_ns()}"
        return Event(name, System.SALESFORCE, ORG, "Account", name[-18:], Kind.CHANGED, Origin.OUTBOUND_MESSAGE)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The schema of a later version, which two more migrations lead to."""
    newest = int(schema.newest())
    copied = shutil.copytree(schema._MIGRATIONS, tmp_path / "migrations")
    for number, what in enumerate((EXPANDS, BUILDS_BESIDE), newest + 1):
        file = copied / "versions" / f"{number:04}_later.py"
        file.write_text(NEXT.format(number=number, before=number - 1, what=what), encoding="utf-8")
        assert faults(file.read_text(encoding="utf-8")) == []
    monkeypatch.setattr(schema, "_MIGRATIONS", copied)
    return f"{newest + 2:04}"


@pytest.fixture
async def former(blank_url: str) -> AsyncIterator[Database]:
    """A database as an older version left it, and as that version holds it open."""
    opened = await Database.open(blank_url)
    await opened.run(lambda conn: schema.take(conn, FORMER))
    yield opened
    await opened.close()


@pytest.fixture
async def driver(postgres_url: str) -> AsyncIterator[PostgresqlDriver]:
    opened = PostgresqlDriver(make_url(postgres_url))
    yield opened
    await opened.close()


async def test_events_come_in_without_a_break_while_the_schema_is_brought_up_to_date(
    former: Database, blank_url: str, later: str
) -> None:
    load, newer = Load(former), await Database.open(blank_url)
    async with load.running():
        await load.more(20)
        async with asyncio.timeout(LIMIT_SECONDS):
            await newer.migrate()
        await load.more(20)
    assert await newer.read(schema.revision) == later
    assert await newer.read(lambda conn: inspect(conn).has_table("notes"))
    assert "ix_inbox_note" in await newer.read(indexes)
    assert await newer.read(lambda conn: conn.scalar(select(func.count()).select_from(inbox_table))) == load.recorded
    counts = await newer.read(outcomes.counts)
    assert (counts.holds, sum(counts.lanes["acme/Contact"].values())) == (True, load.recorded)
    await newer.close()


async def test_a_change_that_must_wait_lets_everybody_else_pass(driver: PostgresqlDriver, postgres_url: str) -> None:
    database, dump = await Database.open(postgres_url), PostgresqlDriver(make_url(postgres_url))
    load, over = Load(database), asyncio.Event()
    add = text("ALTER TABLE inbox ADD COLUMN note text")
    async with load.running():
        reading = asyncio.create_task(dump.read(lambda conn: hold(conn, "ACCESS SHARE", over)))
        await load.more(5)
        change = asyncio.create_task(driver.change(lambda conn: conn.execute(add)))
        await asyncio.sleep(CHANGE_LOCK_SECONDS + 1)
        assert not change.done()
        await load.more(20)
        over.set()
        await asyncio.wait_for(asyncio.gather(reading, change), LIMIT_SECONDS)
        await load.more(20)
    await driver.change(lambda conn: conn.execute(text("ALTER TABLE inbox DROP COLUMN note")))
    await dump.close()
    await database.close()


async def test_an_index_is_built_beside_writers_that_do_not_wait(driver: PostgresqlDriver, postgres_url: str) -> None:
    database, slow = await Database.open(postgres_url), PostgresqlDriver(make_url(postgres_url))
    load, over = Load(database), asyncio.Event()
    create = text("CREATE INDEX CONCURRENTLY ix_inbox_kind ON inbox (kind)")
    async with load.running():
        writing = asyncio.create_task(slow.write(lambda conn: hold(conn, "ROW EXCLUSIVE", over)))
        await load.more(5)
        building = asyncio.create_task(driver.beside(lambda conn: conn.execute(create)))
        other = asyncio.create_task(driver.change(lambda conn: conn.execute(text("SELECT 1"))))
        await load.more(50)
        assert (building.done(), other.done()) == (False, False)
        over.set()
        await asyncio.wait_for(asyncio.gather(writing, building, other), LIMIT_SECONDS)
    await driver.change(lambda conn: conn.execute(text("DROP INDEX ix_inbox_kind")))
    await slow.close()
    await database.close()


async def test_what_an_older_version_finds_newer_it_leaves_alone_and_works_with(database: Database) -> None:
    await database.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9001'")))
    with capture_logs() as logs:
        await database.migrate()
    assert await database.read(schema.revision) == "9001"
    assert [line["event"] for line in logs] == ["schema.newer"]
    await database.run(lambda conn: conn.execute(insert(pushes).values(route="r", connection="c", last_at=NOON)))
    await database.run(lambda conn: conn.execute(text(f"UPDATE alembic_version SET version_num = '{schema.newest()}'")))


async def test_a_schema_that_is_none_of_ours_is_refused_with_what_to_look_at(database: Database) -> None:
    await database.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = 'ae1027a6acf'")))
    with pytest.raises(ConfigurationError, match="schema ae1027a6acf, which no version of Crossbook made"):
        await database.migrate()
    await database.run(lambda conn: conn.execute(text(f"UPDATE alembic_version SET version_num = '{schema.newest()}'")))


async def test_who_migrates_waits_longer_than_writers_do_for_another_process(tmp_path: Path) -> None:
    database, path = await Database.open(f"sqlite:///{tmp_path}/new.db"), tmp_path / "new.db"
    await database.read(schema.revision)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(6.0, other.execute, ["COMMIT"])
    letting_go.start()
    await database.migrate()
    assert await database.read(schema.revision) == schema.newest()
    letting_go.join()
    other.close()
    await database.close()


def indexes(conn: Connection) -> list[str | None]:
    """The names of the inbox's indexes."""
    return [each["name"] for each in inspect(conn).get_indexes("inbox")]


def hold(conn: Connection, mode: str, over: asyncio.Event) -> None:
    """Use the inbox in this transaction until it is `over`."""
    conn.execute(text(f"LOCK TABLE inbox IN {mode} MODE"))
    await_only(over.wait())
