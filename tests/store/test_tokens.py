"""Tokens are saved before use, by one process at a time, and never in clear."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.util import await_only

from app.engine.credentials import TokenSet, TokenVault
from app.errors import ConfigurationError, SignInNeeded
from app.store import tables, tokens
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.records import at

OLD = "an old key of thirty-two characters or more"
NEW = "a new key of thirty-two characters or more"
NOW = VirtualClock().now()
GRANTED = TokenSet("canary-access", "canary-refresh", at(1800))


@pytest.fixture
def vault(database: Database) -> TokenVault:
    return DatabaseTokenVault(database, Vault([NEW]))


async def test_nothing_is_there_before_the_first_save(vault: TokenVault) -> None:
    assert await vault.load("nz") is None
    assert await vault.begin_refresh("nz", "web", 30)
    assert await vault.load("nz") is None


async def test_a_saved_set_is_the_next_generation(vault: TokenVault) -> None:
    assert await vault.save("nz", GRANTED, 0)
    assert await vault.load("nz") == TokenSet("canary-access", "canary-refresh", at(1800), 1, saved_at=NOW)
    assert await vault.save("nz", TokenSet("newer", None, at(3600)), 1)
    assert await vault.load("nz") == TokenSet("newer", None, at(3600), 2, saved_at=NOW)


async def test_a_set_is_refused_when_somebody_saved_meanwhile(vault: TokenVault) -> None:
    await vault.save("nz", GRANTED, 0)
    for generation in (0, 2):
        assert not await vault.save("nz", TokenSet("late", None, at(0)), generation)
    assert await vault.load("nz") == TokenSet("canary-access", "canary-refresh", at(1800), 1, saved_at=NOW)


async def test_a_person_who_connects_anew_replaces_whatever_was_kept(vault: DatabaseTokenVault) -> None:
    await vault.replace("nz", GRANTED)
    await vault.replace("nz", TokenSet("newer", "fresh", at(3600)))
    assert await vault.load("nz") == TokenSet("newer", "fresh", at(3600), 2, saved_at=NOW)
    assert not await vault.save("nz", GRANTED, 1), "what was renewed meanwhile is of the old consent"


async def test_forgotten_tokens_are_gone_and_are_not_saved_by_a_renewal_under_way(vault: DatabaseTokenVault) -> None:
    await vault.save("nz", GRANTED, 0)
    await vault.forget("nz")
    assert await vault.load("nz") is None
    assert not await vault.save("nz", GRANTED, 1)


async def test_of_many_at_once_one_saves(vault: TokenVault) -> None:
    sets = [TokenSet(f"access-{number}", None, at(1800)) for number in range(8)]
    saved = await asyncio.gather(*(vault.save("nz", each, 0) for each in sets))
    assert sorted(saved) == [False] * 7 + [True]
    kept = await vault.load("nz")
    assert kept is not None
    assert kept.access_token == sets[saved.index(True)].access_token


async def test_of_many_at_once_one_may_renew(vault: TokenVault) -> None:
    granted = await asyncio.gather(*(vault.begin_refresh("nz", f"worker-{number}", 30) for number in range(8)))
    assert sorted(granted) == [False] * 7 + [True]


async def test_even_the_same_owner_waits_for_itself(vault: TokenVault) -> None:
    assert [await vault.begin_refresh("nz", "web", 30) for _ in range(2)] == [True, False]


async def test_the_right_to_renew_is_free_again_when_given_back(vault: TokenVault) -> None:
    await vault.begin_refresh("nz", "web", 30)
    await vault.end_refresh("nz", "web")
    assert await vault.begin_refresh("nz", "worker", 30)


async def test_the_right_to_renew_runs_out(vault: TokenVault, clock: VirtualClock) -> None:
    await vault.begin_refresh("nz", "web", 30)
    clock.advance(29.999)
    assert not await vault.begin_refresh("nz", "worker", 30)
    clock.advance(0.001)
    assert await vault.begin_refresh("nz", "worker", 30)


async def test_who_lost_the_right_cannot_give_it_back(vault: TokenVault, clock: VirtualClock) -> None:
    await vault.begin_refresh("nz", "web", 30)
    clock.advance(30)
    await vault.begin_refresh("nz", "worker", 30)
    await vault.end_refresh("nz", "web")
    assert not await vault.begin_refresh("nz", "third", 30)


async def test_connections_are_kept_apart(vault: TokenVault) -> None:
    await vault.save("nz", GRANTED, 0)
    await vault.begin_refresh("nz", "web", 30)
    assert await vault.load("au") is None
    assert await vault.begin_refresh("au", "web", 30)


async def test_the_database_never_holds_a_token_in_clear(vault: TokenVault, database: Database) -> None:
    await vault.save("nz", GRANTED, 0)
    row = await database.read(lambda conn: conn.execute(select(tables.tokens)).one())
    assert "canary" not in repr(tuple(row))


def test_the_text_form_of_a_set_shows_no_secret() -> None:
    assert "canary" not in repr(GRANTED) + str(GRANTED)


async def test_rotating_seals_every_set_with_the_newest_key(database: Database) -> None:
    before = DatabaseTokenVault(database, Vault([OLD]))
    for connection in ("nz", "au"):
        await before.save(connection, GRANTED, 0)
    await before.begin_refresh("never-saved", "web", 30)
    assert await database.run(lambda conn: tokens.rotate(conn, Vault([NEW, OLD]))) == ["au", "nz"]
    for connection in ("nz", "au"):
        loaded = await DatabaseTokenVault(database, Vault([NEW])).load(connection)
        assert loaded == TokenSet("canary-access", "canary-refresh", at(1800), 1, saved_at=NOW)


async def test_where_no_key_opens_one_of_them_rotating_names_it_and_changes_nothing(database: Database) -> None:
    await DatabaseTokenVault(database, Vault([OLD])).save("au", GRANTED, 0)
    await DatabaseTokenVault(database, Vault(["a key that nobody remembers any more"])).save("nz", GRANTED, 0)
    before = await database.read(rows)
    with pytest.raises(ConfigurationError, match=r"^nz: A stored secret cannot be decrypted .* Nothing was changed$"):
        await database.run(lambda conn: tokens.rotate(conn, Vault([NEW, OLD])))
    assert await database.read(rows) == before
    assert await database.read(lambda conn: tokens.locked(conn, Vault([NEW, OLD]))) == ["nz"]
    assert await database.read(lambda conn: tokens.locked(conn, None)) == ["au", "nz"]


def rows(conn: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in conn.execute(select(tables.tokens).order_by(tables.tokens.c.connection))]


async def test_a_renewal_under_way_is_saved_after_the_keys_were_rotated(database: Database) -> None:
    """Rotating makes no new generation: it is the same set."""
    worker = DatabaseTokenVault(database, Vault([NEW, OLD]))
    await DatabaseTokenVault(database, Vault([OLD])).save("nz", GRANTED, 0)
    assert await worker.begin_refresh("nz", "worker", 30)
    await database.run(lambda conn: tokens.rotate(conn, Vault([NEW, OLD])))
    assert await worker.save("nz", TokenSet("newer", None, at(3600)), 1)
    assert await DatabaseTokenVault(database, Vault([NEW])).load("nz") == TokenSet(
        "newer", None, at(3600), 2, saved_at=NOW
    )


async def test_a_set_that_is_saved_while_the_keys_are_rotated_is_not_lost(database_url: str) -> None:
    """By a worker's process, of which the one that rotates knows nothing."""
    terminal, process = await Database.open(database_url), await Database.open(database_url)
    worker = DatabaseTokenVault(process, Vault([NEW, OLD]))
    await DatabaseTokenVault(process, Vault([OLD])).save("nz", GRANTED, 0)
    for generation in range(1, 13):
        newer = TokenSet(f"access {generation}", f"refresh {generation}", at(1800))
        rotating = terminal.run(lambda conn: tokens.rotate(conn, Vault([NEW, OLD])))
        saved, _ = await asyncio.gather(worker.save("nz", newer, generation), rotating)
        assert saved
        kept = await DatabaseTokenVault(process, Vault([NEW])).load("nz")
        assert kept
        assert (kept.access_token, kept.generation) == (f"access {generation}", generation + 1)
    for each in (terminal, process):
        await each.close()


class Interrupted(Vault):
    """Lets a worker save at the worst moment: the old set was read, and is not written back yet."""

    def __init__(self, save: Callable[[], Awaitable[None]]) -> None:
        super().__init__([NEW, OLD])
        self._save = save

    def rotate(self, sealed: bytes) -> bytes:
        await_only(self._save())
        return super().rotate(sealed)


async def test_who_saves_at_the_worst_moment_waits_for_the_rotation(postgres_url: str) -> None:
    terminal, process = await Database.open(postgres_url), await Database.open(postgres_url)
    worker = DatabaseTokenVault(process, Vault([NEW, OLD]))
    await worker.save("nz", GRANTED, 0)
    saving = list["asyncio.Task[bool]"]()

    async def save() -> None:
        saving.append(asyncio.create_task(worker.save("nz", TokenSet("newer", None, at(3600)), 1)))
        async with asyncio.timeout(10):
            while not saving[0].done() and not await process.read(somebody_waits):  # noqa: ASYNC110
                await asyncio.sleep(0)

    await terminal.run(lambda conn: tokens.rotate(conn, Interrupted(save)))
    assert await saving[0]
    kept = await worker.load("nz")
    assert kept
    assert kept.access_token == "newer"
    for each in (terminal, process):
        await each.close()


def somebody_waits(conn: Connection) -> bool:
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    return conn.execute(waiting).first() is not None


async def test_a_set_under_a_lost_key_says_what_to_do(database: Database) -> None:
    await DatabaseTokenVault(database, Vault([OLD])).save("nz", GRANTED, 0)
    with pytest.raises(SignInNeeded, match="SECRET_KEYS"):
        await DatabaseTokenVault(database, Vault([NEW])).load("nz")
