"""One database, SQLite or PostgreSQL: runs a unit of work as one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, Self, TypeVar

import structlog
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from app.errors import ConfigurationError
from app.store.postgresql import PostgresqlDriver
from app.store.schema import newest, revision
from app.store.sqlite import SqliteDriver

T = TypeVar("T")

log = structlog.get_logger("store")


class Driver(Protocol):
    """How one kind of database runs work. Raises `StoreUnavailable` when the database did not take it."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one committed transaction that may write."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one consistent view of the data."""
        ...

    async def migrate(self) -> None:
        """Bring the schema up to date, however many do so at once and whoever works meanwhile."""
        ...

    def now(self, conn: Connection) -> datetime:
        """The database's clock."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...


class Database:
    """The store's door. Work is a plain function over a connection; it must have no other effect, as it may be
    run again after a deadlock.

    Every method raises `StoreUnavailable`, with the cause, when the database did not take the work. A cancelled
    call may or may not have been committed, as after a crash.
    """

    def __init__(self, driver: Driver, clock_now: Callable[[], datetime] | None = None) -> None:
        self._driver = driver
        self._clock_now = clock_now

    @classmethod
    async def open(cls, url: str, clock_now: Callable[[], datetime] | None = None) -> Self:
        """The database at `url` (`sqlite:///path` or `postgresql://user:password@host/name`); `ConfigurationError` for
        any other.

        Nothing is connected yet. `clock_now` replaces the database's clock, for tests.
        """
        address = _address(url)
        match address.get_backend_name():
            case "sqlite":
                return cls(SqliteDriver.threaded(address), clock_now)
            case "postgresql" | "postgres":
                return cls(PostgresqlDriver(address), clock_now)
            case other:
                raise ConfigurationError(f"DATABASE_URL: {other} is not supported; use sqlite or postgresql")

    @classmethod
    def direct(cls, url: str, clock_now: Callable[[], datetime] | None = None) -> Self:
        """A SQLite database driven in the caller's own thread, `sqlite://` for one in memory: for simulation."""
        return cls(SqliteDriver.inline(make_url(url)), clock_now)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` as one transaction and commit it; when this returns, it is on disk."""
        return await self._driver.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which only reads, in one consistent view of the data."""
        return await self._driver.read(work)

    def now(self, conn: Connection) -> datetime:
        """The database's own clock: the one that leases and due times go by."""
        return self._clock_now() if self._clock_now else self._driver.now(conn)

    async def migrate(self) -> None:
        """Bring the schema up to date; several processes may do so at once, while others work.

        A schema that a newer Crossbook has made is left as it is: what is there goes on working for one release.
        """
        await self._driver.migrate()
        has, ours = await self._driver.read(revision), newest()
        if has > ours:
            log.warning("schema.newer", reason=f"the database has the schema {has}, this version made {ours}")

    async def close(self) -> None:
        """Wait for work that is running and let go of every connection."""
        await self._driver.close()


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # either may quote the password
        raise ConfigurationError(
            "DATABASE_URL: this is no address; in a password, write other signs than letters and digits as %XX"
        ) from None
