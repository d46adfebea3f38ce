"""PostgreSQL: a pool of asyncpg connections."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import asyncpg
from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random

from app.errors import StoreUnavailable
from app.store.schema import next_step, take
from app.store.types import Instant

T = TypeVar("T")

_ATTEMPTS = 5
_AGAIN = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: nothing was done, and nothing is wrong with the work."""
_IN_THE_WAY = _AGAIN | {"55P03"}
"""These, and a lock that others did not let go of in time."""

_UNAVAILABLE = ("08", "25006", "40", "53", "55P03", "57", "58")
"""Lost connections, a standby, rollbacks, exhausted resources, lock timeouts, shutdowns and system errors."""
_SERVER_SETTINGS = {
    "application_name": "crossbook",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
_CONNECT_SECONDS = 5.0

CHANGE_LOCK_SECONDS = 2
"""How long a change of the schema, and whoever comes after it, waits for those who use the table."""

_MIGRATION_SECONDS = 300.0
_MIGRATING = {"lock": 6_274_001}
"""The advisory lock that keeps two processes from migrating one database at once."""


class _Busy(StoreUnavailable):
    """Another process is migrating."""


class PostgresqlDriver:
    """Runs work on a PostgreSQL database, again a few times when a deadlock undid it."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._writer = _engine(url, pool_pre_ping=True)
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def write(self, work: Callable[[Connection], T]) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return await _transact(self._writer, work)
            except StoreUnavailable as error:
                if _sqlstate(error.__cause__) not in _AGAIN:
                    raise
        return await _transact(self._writer, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await _transact(self._reader, work)

    async def migrate(self) -> None:
        """A migration a transaction, so that no lock is held for longer than one needs it."""
        while step := await self.read(next_step):
            run = self.beside if step.beside else self.change
            await run(partial(take, step=step))

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which changes the schema, as one transaction; only one process does so at a time.

        Whoever comes later waits behind a lock that is waited for. So none is waited for longer than
        `CHANGE_LOCK_SECONDS`: then everybody is let pass, and it is tried again.
        """

        def alone(conn: Connection) -> T:
            take_time(conn)
            conn.execute(text(f"SET LOCAL lock_timeout = '{CHANGE_LOCK_SECONDS}s'"))
            _require(conn.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), _MIGRATING).scalar_one())
            return work(conn)

        return await _patiently(self._writer, alone)

    async def beside(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in no transaction, as building an index beside the others' work asks for; one process at a time.

        Such a statement waits for all statements that are under way. So nobody may wait for it within one of his own.
        """

        def alone(conn: Connection) -> T:
            conn.execute(text("SET statement_timeout = 0"))
            conn.execute(text("SET lock_timeout = 0"))
            _require(conn.execute(text("SELECT pg_try_advisory_lock(:lock)"), _MIGRATING).scalar_one())
            return work(conn)

        engine = _engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        return await _patiently(engine, alone)

    def now(self, conn: Connection) -> datetime:
        return conn.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()

    async def close(self) -> None:
        await self._writer.dispose()


def take_time(conn: Connection) -> None:
    """Let this transaction last as long as it needs. SQLite sets it no limit."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _engine(url: URL, **options: object) -> AsyncEngine:
    settings = {"server_settings": _SERVER_SETTINGS, "timeout": _CONNECT_SECONDS}
    address = url.set(drivername="postgresql+asyncpg")
    return create_async_engine(address, hide_parameters=True, connect_args=settings, **options)


def _require(granted: object) -> None:
    if not granted:
        raise _Busy("another process is migrating")


async def _patiently(engine: AsyncEngine, change: Callable[[Connection], T]) -> T:
    """Try again what others were in the way of, for as long as a large migration may take."""
    again = retry_if_exception(lambda error: isinstance(error, _Busy) or _sqlstate(error.__cause__) in _IN_THE_WAY)
    stop, wait = stop_after_delay(_MIGRATION_SECONDS), wait_random(0.05, 0.5)
    return await AsyncRetrying(retry=again, stop=stop, wait=wait, reraise=True)(_transact, engine, change)


async def _transact(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(work)
    except DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error).startswith(_UNAVAILABLE):
            raise StoreUnavailable("PostgreSQL did not take it") from error
        raise
    except (OSError, TimeoutError, PoolExhausted, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"PostgreSQL cannot be reached: {error}") from error


def _sqlstate(error: BaseException | None) -> str:
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return state if isinstance(state, str) else ""
