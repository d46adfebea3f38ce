"""`crossbook check` as an operator runs it, and that every finding has a test which brings it about."""

import ast
import json
import subprocess
import sys
from pathlib import Path

from app.cli import check
from app.engine.credentials import TokenSet
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.records import NOON

CROSSBOOK = Path(sys.executable).with_name("crossbook")
KEY = "a-key-of-thirty-two-characters-or-more"
OWN = {"nz": "XERO__NZ__CLIENT_ID"}


def run(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return ended([str(CROSSBOOK), "check", *arguments], folder, settings)


def ended(command: list[str], folder: Path, settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def codes(answer: str) -> set[tuple[str, str]]:
    return {(each["grade"], each["code"]) for each in json.loads(answer)["findings"]}


def test_in_an_empty_folder_it_says_what_to_set_first_and_fails(tmp_path: Path) -> None:
    answer = run(tmp_path, REDIS_URL="redis://127.0.0.1:9/0")
    assert answer.returncode == 1
    assert "ERROR  settings: SECRET_KEYS is empty" in answer.stdout
    assert "-> set SECRET_KEYS to a random text" in answer.stdout
    assert "no connection was asked" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "2 to be mended"


def test_settings_that_cannot_be_used_are_told_and_nothing_else_is_looked_at(tmp_path: Path) -> None:
    answer = run(tmp_path, "--json", PORT="many", LOG_LEVEL="loud")
    assert (answer.returncode, codes(answer.stdout)) == (1, {("problem", "settings")})
    assert len(json.loads(answer.stdout)["findings"]) == 2
    assert not (tmp_path / "data").exists()


def test_hints_alone_are_no_failure(tmp_path: Path, valkey_url: str) -> None:
    answer = run(tmp_path, "--json", SECRET_KEYS=KEY, REDIS_URL=valkey_url, PORT="1")
    document = json.loads(answer.stdout)
    assert (answer.returncode, document["fine"]) == (0, True)
    assert {("hint", "no_sync"), ("hint", "web"), ("hint", "new_database")} <= codes(answer.stdout)


def test_the_vendors_are_asked_as_soon_as_nothing_hinders_it(tmp_path: Path, valkey_url: str) -> None:
    connection = {"XERO__NZ__CLIENT_ID": "id", "XERO__NZ__TENANT_ID": "t", "XERO__NZ__REFRESH_TOKEN": "r"}
    nowhere = {"XERO__NZ__API_URL": "http://127.0.0.1:9", "XERO__NZ__IDENTITY_URL": "http://127.0.0.1:9"}
    answer = run(tmp_path, "--json", SECRET_KEYS=KEY, REDIS_URL=valkey_url, PORT="1", **connection, **nowhere)
    assert answer.returncode == 1
    assert {("problem", "unreachable"), ("hint", "no_secret")} <= codes(answer.stdout)


async def test_tokens_that_no_key_opens_are_one_finding_among_the_others(tmp_path: Path, valkey_url: str) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/data/crossbook.db")
    await database.migrate()
    await DatabaseTokenVault(database, Vault(["the key of before" * 2])).save("xero:nz", TokenSet("a", "r", NOON), 0)
    await database.close()
    connection = {"XERO__NZ__CLIENT_ID": "id", "XERO__NZ__TENANT_ID": "t"}
    answer = run(tmp_path, "--json", SECRET_KEYS=KEY, REDIS_URL=valkey_url, PORT="1", **connection)
    assert answer.returncode == 1
    assert {("problem", "sign_in"), ("hint", "no_secret"), ("fine", "database")} <= codes(answer.stdout)


async def test_a_disk_without_room_is_a_database_that_takes_nothing(tmp_path: Path) -> None:
    """The disk's end is a file's largest size: that of the log to which each write is added."""
    path = tmp_path / "data" / "crossbook.db"
    database = await Database.open(f"sqlite:///{path}")
    await database.migrate()
    largest = path.with_name("crossbook.db-wal").stat().st_size
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))"
    limited = [sys.executable, "-c", f"{limit}; from app.cli.main import main; main()", "check", "--json"]
    answer = ended(limited, tmp_path, {"SECRET_KEYS": KEY, "REDIS_URL": "redis://127.0.0.1:9/0"})
    await database.close()
    assert ("problem", "database") in codes(answer.stdout)


def made() -> set[str]:
    """The codes of all hints and problems that the code can make, but those that are a vendor's own."""
    found = set[str]()
    for path in Path(check.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"hint", "problem"}:
                code = node.args[1]
                found |= {str(code.value)} if isinstance(code, ast.Constant) else set()
    return found


def test_every_finding_has_a_test_that_brings_it_about() -> None:
    here = Path(__file__)
    told = "".join(path.read_text(encoding="utf-8") for path in here.parent.glob("test_*.py") if path != here)
    assert {code for code in made() if f'"{code}"' not in told} == set()
    assert len(made()) > 15
