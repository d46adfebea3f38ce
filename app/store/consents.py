"""Consents under way: a person was sent to a vendor, and their browser comes back to the web process.

The command that sent them waits for it, and it alone can use what they bring: the web process merely keeps it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select, update

from app.store.database import Database
from app.store.tables import consents
from app.store.vault import Vault

LIFE = timedelta(minutes=15)
"""How long a person may take."""


class DatabaseConsents:
    """What the waiting command and the web process know of one another, by the random state of the attempt."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    @asynccontextmanager
    async def awaited(self, state: str, connection: str) -> AsyncIterator[Callable[[], Awaitable[str | None]]]:
        """Expect somebody to come back with `state`; within the block ask whether they did, and at which address."""
        database = self._database
        await database.run(lambda conn: begin(conn, state, connection, database.now(conn)))
        try:
            yield partial(self._came_back, state)
        finally:
            await database.run(lambda conn: end(conn, state))

    async def note(self, state: str, led_to: str) -> bool:
        """Keep the address to which a browser came back with `state`; False where nobody waits for that (any more)."""
        database, sealed = self._database, self._vault.seal(led_to)
        return await database.run(lambda conn: answer(conn, state, sealed, database.now(conn)))

    async def _came_back(self, state: str) -> str | None:
        sealed = await self._database.read(lambda conn: answer_of(conn, state))
        return self._vault.unseal(sealed) if sealed else None


def begin(conn: Connection, state: str, connection: str, now: datetime) -> None:
    """Somebody was sent off; only a fingerprint of `state` is kept."""
    conn.execute(insert(consents).values(state_hash=_hash(state), connection=connection, asked_at=now))


def answer(conn: Connection, state: str, sealed: bytes, now: datetime) -> bool:
    """Keep what somebody came back with; False where nobody waits for it, or somebody came already."""
    waiting = (consents.c.state_hash == _hash(state)) & (consents.c.asked_at > now - LIFE) & consents.c.answer.is_(None)
    return conn.execute(update(consents).where(waiting).values(answer=sealed)).rowcount == 1


def answer_of(conn: Connection, state: str) -> bytes | None:
    """What somebody came back with."""
    found: bytes | None = conn.execute(select(consents.c.answer).where(consents.c.state_hash == _hash(state))).scalar()
    return found


def end(conn: Connection, state: str) -> None:
    """Nobody waits any more."""
    conn.execute(delete(consents).where(consents.c.state_hash == _hash(state)))


def forget(conn: Connection, before: datetime) -> None:
    """Forget those that were begun before then: whoever waited has been killed."""
    conn.execute(delete(consents).where(consents.c.asked_at < before))


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
