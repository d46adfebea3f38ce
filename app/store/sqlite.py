"""SQLite: one writer thread and a few readers over one file."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import (
    AsyncRetrying,
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_delay,
    wait_fixed,
    wait_random,
)

from app.errors import StoreUnavailable
from app.store.schema import upgrade

T = TypeVar("T")

_READERS = 4
_BUSY_SECONDS = 5.0
_TURN_SECONDS = 0.001
"""How often a writer asks whether another process is done. SQLite's own wait grows to a tenth of a second, which a
transaction of a few milliseconds is over long before: who waits like that among busy writers is overtaken by all."""
_MIGRATION_SECONDS = 300.0
_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Result codes that say something of the disk or of other writers, not of the statement."""


class SqliteDriver:
    """Runs work on one SQLite file. A whole transaction is one hop to a thread, so a stalled disk stalls no loop."""

    def __init__(self, writer: "_Channel", reader: "_Channel") -> None:
        self._writer = writer
        self._reader = reader

    @classmethod
    def threaded(cls, url: URL) -> Self:
        """One thread writes, a few read."""
        if url.database:
            _make_private(Path(url.database))
        writing = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        reading = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-reader")
        writer, reader = _writer(url, 1), _engine(url, _READERS, _BUSY_SECONDS)
        event.listen(reader, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
        event.listen(reader, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
        return cls(_Channel(writer, writing), _Channel(reader, reading))

    @classmethod
    def inline(cls, url: URL) -> Self:
        """Everything happens in the caller's thread, over one connection."""
        channel = _Channel(_writer(url, 0), None)
        return cls(channel, channel)

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._reader.run(work)

    async def migrate(self) -> None:
        """All in one transaction; another process that migrates may take longer than writers usually wait."""
        again, stop = retry_if_exception(_is_busy), stop_after_delay(_MIGRATION_SECONDS)
        await AsyncRetrying(retry=again, stop=stop, reraise=True)(self.write, upgrade)

    def now(self, conn: Connection) -> datetime:
        return datetime.now(UTC)

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()


class _Channel:
    """An engine and the threads that drive it; without threads, the caller's own."""

    def __init__(self, engine: Engine, executor: Executor | None) -> None:
        self._engine = engine
        self._executor = executor

    async def run(self, work: Callable[[Connection], T]) -> T:
        if self._executor is None:
            return self._transact(work)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._transact, work)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as conn:
                return work(conn)
        except DBAPIError as error:
            if _is_unavailable(error):
                raise StoreUnavailable(f"SQLite did not take it: {error.orig or error}") from error
            raise

    async def close(self) -> None:
        if self._executor is not None:
            await asyncio.to_thread(self._executor.shutdown)
        self._engine.dispose()


def _make_private(path: Path) -> None:
    """Make the folder and the file where they are missing, for this user alone; SQLite gives its other files that mode.

    Whatever is there is left as it is. Where no file can be made, SQLite says so itself.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if str(path) != ":memory:" and not path.exists():
        with contextlib.suppress(OSError):
            path.touch(mode=0o600)


def _is_unavailable(error: DBAPIError) -> bool:
    """Whether the database could not work, rather than the statement being wrong."""
    return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _UNAVAILABLE


def _is_busy(error: BaseException) -> bool:
    """Whether another process held the file for longer than a writer waits."""
    cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
    result = getattr(cause.orig, "sqlite_errorcode", 0) if isinstance(cause, DBAPIError) else 0
    return result & 0xFF == sqlite3.SQLITE_BUSY


def _writer(url: URL, connections: int) -> Engine:
    engine = _engine(url, connections, busy_seconds=0)
    event.listen(engine, "begin", begin_to_write)
    return engine


def begin_to_write(conn: Connection, sleep: Callable[[float], None] = time.sleep) -> None:
    """Begin a transaction that may write, as soon as no other process has one under way."""
    busy, patience = retry_if_exception(_is_busy), stop_after_delay(_BUSY_SECONDS)
    for attempt in Retrying(retry=busy, wait=wait_fixed(_TURN_SECONDS), stop=patience, sleep=sleep, reraise=True):
        with attempt:
            conn.exec_driver_sql("BEGIN IMMEDIATE")


def _engine(url: URL, connections: int, busy_seconds: float) -> Engine:
    address = url.set(drivername="sqlite+pysqlite")
    options = {"check_same_thread": False, "timeout": busy_seconds}
    if connections:
        engine = create_engine(
            address, connect_args=options, hide_parameters=True, pool_size=connections, max_overflow=0
        )
    else:
        engine = create_engine(address, connect_args=options, hide_parameters=True, poolclass=StaticPool)
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Take transactions out of the driver's hands: by itself it begins them too late to keep two writers apart."""
    connection.isolation_level = None
    write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def write_ahead(connection: sqlite3.Connection, sleep: Callable[[float], None] = time.sleep) -> None:
    """Keep a write-ahead log. SQLite does not wait here for another process that does so too, so we do."""
    patience = stop_after_delay(_BUSY_SECONDS)
    busy = retry_if_exception_type(sqlite3.OperationalError)
    for attempt in Retrying(retry=busy, wait=wait_random(0.01, 0.05), stop=patience, sleep=sleep, reraise=True):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")
