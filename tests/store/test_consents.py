"""A consent is waited for a while, and answered once, by whoever brings its state."""

from datetime import timedelta

from sqlalchemy import Connection, select

from app.store import consents
from app.store.consents import LIFE, DatabaseConsents
from app.store.database import Database
from app.store.tables import consents as rows
from app.store.vault import Vault
from tests.support.clock import VirtualClock

KEYS = Vault(["a-key-of-thirty-two-characters-or-more"])
STATE, ADDRESS = "the random state", "?code=the-code&state=the random state"


async def test_what_a_browser_brings_is_known_to_the_command_that_waits_and_to_nobody_after(database: Database) -> None:
    kept = DatabaseConsents(database, KEYS)
    async with kept.awaited(STATE, "xero:nz") as came_back:
        assert await came_back() is None
        assert not await kept.note("another state", ADDRESS)
        assert await came_back() is None
        assert await kept.note(STATE, ADDRESS)
        assert await came_back() == ADDRESS
        assert not await kept.note(STATE, "?code=forged")
        assert await came_back() == ADDRESS
    assert not await kept.note(STATE, ADDRESS)
    assert await came_back() is None


async def test_neither_the_state_nor_the_code_stands_in_the_database(database: Database) -> None:
    kept = DatabaseConsents(database, KEYS)
    async with kept.awaited(STATE, "xero:nz"):
        await kept.note(STATE, ADDRESS)
        (row,) = await database.read(lambda conn: conn.execute(select(rows)).all())
    assert STATE not in str(row)
    assert "the-code" not in str(row)


async def test_after_a_while_nobody_is_waited_for(database: Database, clock: VirtualClock) -> None:
    kept = DatabaseConsents(database, KEYS)
    async with kept.awaited(STATE, "xero:nz"):
        clock.advance(LIFE.total_seconds() + 1)
        assert not await kept.note(STATE, ADDRESS)


async def test_what_a_killed_command_left_is_forgotten(database: Database, clock: VirtualClock) -> None:
    def work(conn: Connection) -> None:
        consents.begin(conn, "old", "xero:nz", clock.now())
        consents.begin(conn, "young", "xero:nz", clock.now() + timedelta(seconds=60))
        consents.forget(conn, clock.now() + timedelta(seconds=30))

    await database.run(work)
    assert len(await database.read(lambda conn: conn.execute(select(rows)).all())) == 1
