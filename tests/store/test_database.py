"""Work is one transaction; what the database cannot do has one name."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.util import await_only

from app.clock import SystemClock
from app.errors import ConfigurationError, StoreUnavailable
from app.store.database import Database
from app.store.tables import sequences
from tests.support.clock import VirtualClock


def _put(conn: Connection) -> None:
    conn.execute(insert(sequences).values(connection="nz", last=0))


def _count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(sequences)).scalar_one()


def _increment(conn: Connection) -> None:
    last = conn.execute(select(sequences.c.last)).scalar_one()
    conn.execute(update(sequences).values(last=last + 1))


async def test_what_was_run_is_there_for_others(database: Database) -> None:
    await database.run(_put)

    assert await database.read(_count) == 1


async def test_work_that_fails_leaves_nothing_behind(database: Database) -> None:
    def fail_late(conn: Connection) -> None:
        _put(conn)
        raise KeyError("late")

    with pytest.raises(KeyError):
        await database.run(fail_late)

    assert await database.read(_count) == 0


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises((SQLAlchemyError, StoreUnavailable)):
        await database.read(_put)

    assert await database.read(_count) == 0


async def test_reading_sees_one_moment(postgres_url: str) -> None:
    database, writer = await Database.open(postgres_url), await Database.open(postgres_url)

    def count_around_a_write(conn: Connection) -> tuple[int, int]:
        before = _count(conn)
        await_only(writer.run(_put))
        return before, _count(conn)

    assert await database.read(count_around_a_write) == (0, 0)
    assert await database.read(_count) == 1
    await database.close()
    await writer.close()


async def test_a_wrong_statement_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.run(lambda conn: conn.execute(text("SELECT nonsense FROM nowhere")))


async def test_errors_show_no_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        await database.run(lambda conn: conn.execute(text("SELECT nonsense + :canary"), {"canary": "canary-7c1"}))

    assert "canary-7c1" not in str(raised.value)


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere.db", "postgresql://nobody@127.0.0.1:1/nothing"])
async def test_a_database_that_cannot_be_reached_is_unavailable(url: str) -> None:
    database = await Database.open(url)

    with pytest.raises(StoreUnavailable) as raised:
        await database.run(_count)

    assert raised.value.__cause__ is not None
    await database.close()


async def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="mysql"):
        await Database.open("mysql://localhost/crossbook")


async def test_two_processes_that_read_and_then_write_lose_no_update(sqlite_url: str) -> None:
    one, other = await Database.open(sqlite_url), await Database.open(sqlite_url)
    await one.run(_put)

    await asyncio.gather(*(database.run(_increment) for _ in range(20) for database in (one, other)))

    assert await one.read(lambda conn: conn.execute(select(sequences.c.last)).scalar_one()) == 40
    await one.close()
    await other.close()


async def test_sqlite_keeps_what_it_says_it_keeps(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)

    def pragmas(conn: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    full = 2
    assert await database.run(pragmas) == ["wal", full, 1]
    await database.close()


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_work_undone_by_a_deadlock_is_done_again(postgres_url: str, sqlstate: str) -> None:
    database = await Database.open(postgres_url)
    attempts: list[int] = []

    def fail_twice(conn: Connection) -> None:
        _put(conn)
        attempts.append(1)
        if len(attempts) <= 2:
            conn.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{sqlstate}'; END $$"))

    await database.run(fail_twice)

    assert len(attempts) == 3
    assert await database.read(_count) == 1
    await database.close()


async def test_work_that_always_ends_in_a_deadlock_is_given_up(postgres_url: str) -> None:
    database = await Database.open(postgres_url)

    def fail(conn: Connection) -> None:
        conn.execute(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(StoreUnavailable):
        await database.run(fail)

    await database.close()


async def test_a_connection_that_was_cut_is_replaced(postgres_url: str) -> None:
    database = await Database.open(postgres_url)
    cut = text("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailable):
        await database.run(lambda conn: conn.execute(cut))

    await database.run(_put)
    assert await database.read(_count) == 1
    await database.close()


async def test_a_restart_of_the_database_in_a_quiet_moment_goes_unnoticed(postgres_url: str) -> None:
    database, operator = await Database.open(postgres_url), await Database.open(postgres_url)
    pid = await database.run(lambda conn: conn.execute(text("SELECT pg_backend_pid()")).scalar_one())

    await operator.run(lambda conn: conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))

    await database.run(_put)
    await database.close()
    await operator.close()


async def test_the_clock_is_the_databases_own_unless_one_is_passed_in(database_url: str, clock: VirtualClock) -> None:
    own, turned = await Database.open(database_url), await Database.open(database_url, clock_now=clock.now)

    assert abs(await own.read(own.now) - SystemClock().now()) < timedelta(minutes=1)
    assert await turned.read(turned.now) == clock.now()

    await own.close()
    await turned.close()


async def test_a_direct_database_works_in_the_callers_thread_at_once() -> None:
    database = Database.direct("sqlite://")
    steps = database.run(_prepare_and_count)

    with pytest.raises(StopIteration) as ended:
        steps.send(None)

    assert ended.value.value == 1
    await database.close()


def _prepare_and_count(conn: Connection) -> int:
    sequences.create(conn)
    _put(conn)
    return _count(conn)


async def test_closing_waits_for_what_is_running(sqlite_url: str) -> None:
    database, again = await Database.open(sqlite_url), await Database.open(sqlite_url)
    running = asyncio.create_task(database.run(_put))
    await asyncio.sleep(0)

    await database.close()

    await running
    assert await again.read(_count) == 1
    await again.close()


async def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/data/crossbook.db")

    await database.migrate()

    assert await database.read(_count) == 0
    await database.close()


@pytest.mark.parametrize("url", ["canary-7c1", "postgresql://user:canary-7c1@db:canary-7c1/name"])
async def test_an_address_that_is_none_is_not_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as raised:
        await Database.open(url)
    assert "canary-7c1" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
