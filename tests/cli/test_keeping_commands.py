"""An operator moves the data to another database, and changes the keys that secrets are sealed with."""

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine.credentials import TokenSet
from app.store.database import Database
from app.store.tables import metadata
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.records import at

CROSSBOOK = Path(sys.executable).with_name("crossbook")
OLD = "an old key of thirty-two characters or more"
NEW = "a new key of thirty-two characters or more"

Crossbook = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def crossbook(tmp_path: Path, sqlite_url: str) -> Crossbook:
    """Runs commands on an installation that keeps the tokens of two connections, sealed with the old key."""
    asyncio.run(sign_in(sqlite_url, "xero:nz", "salesforce:main"))

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [CROSSBOOK, *arguments],
            env={"DATABASE_URL": sqlite_url, "SECRET_KEYS": OLD, **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


async def sign_in(url: str, *connections: str) -> None:
    database = await Database.open(url)
    for connection in connections:
        await DatabaseTokenVault(database, Vault([OLD])).save(connection, TokenSet("access", "refresh", at(0)), 0)
    await database.close()


async def load(url: str, connection: str, key: str) -> TokenSet | None:
    database = await Database.open(url)
    kept = await DatabaseTokenVault(database, Vault([key])).load(connection)
    await database.close()
    return kept


def test_all_data_moves_to_postgresql_by_two_commands(crossbook: Crossbook, tmp_path: Path, postgres_url: str) -> None:
    told = crossbook("export", "crossbook.gz")
    assert told.returncode == 0, told.stderr
    assert f"2 rows of {len(metadata.tables)} tables are in crossbook.gz" in told.stdout
    assert "SECRET_KEYS must hold the keys that it holds here" in told.stdout
    assert stat.S_IMODE((tmp_path / "crossbook.gz").stat().st_mode) == 0o600
    told = crossbook("import", "crossbook.gz", DATABASE_URL=postgres_url)
    assert told.returncode == 0, told.stderr
    assert f"2 rows of {len(metadata.tables)} tables came from crossbook.gz; nobody holds a lane" in told.stdout
    assert asyncio.run(load(postgres_url, "xero:nz", OLD))


def test_a_new_folder_is_filled_without_any_other_setting(crossbook: Crossbook, tmp_path: Path) -> None:
    crossbook("export", "crossbook.gz")
    told = crossbook("import", "crossbook.gz", "--json", DATABASE_URL="", DATA_DIR="new", SECRET_KEYS="")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert (answer["rows"]["tokens"], answer["locked_tokens"]) == (2, ["salesforce:main", "xero:nz"])
    assert asyncio.run(load(f"sqlite:///{tmp_path}/new/crossbook.db", "xero:nz", OLD))


def test_a_file_is_not_overwritten_without_force(crossbook: Crossbook, tmp_path: Path) -> None:
    (tmp_path / "crossbook.gz").write_text("precious")
    told = crossbook("export", "crossbook.gz")
    assert (told.returncode, told.stdout) == (1, "")
    assert "crossbook.gz is there already; give another name, or say --force" in told.stderr
    assert (tmp_path / "crossbook.gz").read_text() == "precious"
    answer = json.loads(crossbook("export", "crossbook.gz", "--force", "--json").stdout)
    assert (answer["file"], answer["rows"]["tokens"], answer["worked_on"]) == ("crossbook.gz", 2, {})


def test_a_file_that_is_no_export_makes_no_database(crossbook: Crossbook, tmp_path: Path) -> None:
    (tmp_path / "other.gz").write_text("hello")
    told = crossbook("import", "other.gz", DATABASE_URL="", DATA_DIR="new")
    assert told.returncode == 1
    assert "other.gz cannot be read to its end, so nothing of it is taken in" in told.stderr
    assert not (tmp_path / "new").exists()


def test_a_database_that_holds_something_takes_nothing_in(crossbook: Crossbook) -> None:
    crossbook("export", "crossbook.gz")
    told = crossbook("import", "crossbook.gz", "--json")
    assert told.returncode == 1
    assert "the database is not empty: there are rows in tokens" in json.loads(told.stdout)["error"]


@pytest.mark.parametrize("command", [["export", "crossbook.gz"], ["rotate-keys"]], ids=lambda command: command[0])
def test_a_mistyped_address_is_no_empty_database(crossbook: Crossbook, tmp_path: Path, command: list[str]) -> None:
    told = crossbook(*command, DATABASE_URL=f"sqlite:///{tmp_path}/mistyped.db")
    assert told.returncode == 1
    assert "there is no database at" in told.stderr
    assert not (tmp_path / "crossbook.gz").exists()


def test_after_the_keys_are_rotated_the_old_one_may_go(crossbook: Crossbook, sqlite_url: str) -> None:
    told = crossbook("rotate-keys", SECRET_KEYS=f"{NEW},{OLD}")
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "2 token sets are encrypted with the first of SECRET_KEYS now: salesforce:main, xero:nz",
        "key 2 of SECRET_KEYS may be removed",
        "keep what you remove for as long as you keep backups and exports of before: their tokens still need it",
    ]
    assert asyncio.run(load(sqlite_url, "xero:nz", NEW))
    answer = json.loads(crossbook("rotate-keys", "--json", SECRET_KEYS=f"{NEW},{OLD}").stdout)
    assert answer == {"sealed": ["salesforce:main", "xero:nz"], "removable_keys": [2]}


def test_with_one_key_alone_it_is_told_how_to_change_it(crossbook: Crossbook) -> None:
    told = crossbook("rotate-keys").stdout
    assert "may be removed\n" not in told.splitlines()[0]
    assert "SECRET_KEYS has no other key. To change it, put the new key in front" in told


def test_a_token_that_no_key_opens_is_named_and_nothing_is_changed(crossbook: Crossbook, sqlite_url: str) -> None:
    told = crossbook("rotate-keys", SECRET_KEYS=NEW)
    assert told.returncode == 1
    assert "salesforce:main: A stored secret cannot be decrypted with any of SECRET_KEYS" in told.stderr
    assert "Nothing was changed" in told.stderr
    assert asyncio.run(load(sqlite_url, "salesforce:main", OLD))
