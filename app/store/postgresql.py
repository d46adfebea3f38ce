"""PostgreSQL: a pool of asyncpg connections."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import asyncpg
from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.errors import StoreUnavailable
from app.store.types import Instant

T = TypeVar("T")

_ATTEMPTS = 5
_AGAIN = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: nothing was done, and nothing is wrong with the work."""
_UNAVAILABLE = ("08", "25006", "40", "53", "55P03", "57", "58")
"""Lost connections, a standby, rollbacks, exhausted resources, lock timeouts, shutdowns and system errors."""
_SERVER_SETTINGS = {
    "application_name": "crossbook",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
_CONNECT_SECONDS = 5.0


class PostgresqlDriver:
    """Runs work on a PostgreSQL database, again a few times when a deadlock undid it."""

    def __init__(self, url: URL) -> None:
        self._writer = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"server_settings": _SERVER_SETTINGS, "timeout": _CONNECT_SECONDS},
        )
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

    def now(self, conn: Connection) -> datetime:
        return conn.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()

    async def close(self) -> None:
        await self._writer.dispose()


def take_time(conn: Connection) -> None:
    """Let this transaction last as long as it needs. SQLite sets it no limit."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


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
