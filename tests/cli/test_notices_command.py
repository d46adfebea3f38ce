"""An operator sees what is wrong and what was, and whether the addresses work."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.engine.troubles import Kind, Trouble
from app.store import notices
from app.store.database import Database
from tests.support.records import NOON
from tests.support.served import served

CROSSBOOK = Path(sys.executable).with_name("crossbook")
QUOTA = Trouble(Kind.QUOTA, "xero nz", "xero nz: 50 of the day's 1,000 calls are left", "nothing is lost", NOON)
HELD = Trouble(Kind.HELD, "acme/Contact", "acme/Contact is held by a person", "crossbook release acme/Contact", NOON)

Crossbook = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def crossbook(tmp_path: Path, sqlite_url: str) -> Crossbook:
    """Runs commands on an installation that was short of calls before a lane was held."""
    asyncio.run(notice(sqlite_url))

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [CROSSBOOK, *arguments],
            env={"DATABASE_URL": sqlite_url, "SECRET_KEYS": "a-key-of-thirty-two-characters-or-more", **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


async def notice(url: str) -> None:
    database = await Database.open(url)
    await database.run(lambda conn: notices.settle(conn, [QUOTA], NOON, anybody=False))
    await database.run(lambda conn: notices.settle(conn, [HELD], NOON + timedelta(hours=1), anybody=False))
    await database.close()


def test_what_is_wrong_stands_before_what_was(crossbook: Crossbook) -> None:
    told = crossbook("notices")
    assert told.stdout.splitlines() == [
        "a lane is held: acme/Contact is held by a person (since 2026-03-02 12:00:00, not told)",
        "  what to do: crossbook release acme/Contact",
        "over since 2026-03-02 13:00:00: xero nz: 50 of the day's 1,000 calls are left (not told)",
        "nobody is told: set NOTICE_URLS to addresses as Apprise spells them, such as mailto://user:secret@example.com",
    ]
    document = json.loads(crossbook("notices", "--json", NOTICE_URLS="json://127.0.0.1/").stdout)
    assert document["addressed"] is True
    assert [(each["kind"], each["subject"]) for each in document["notices"]] == [
        ("held", "acme/Contact"),
        ("quota", "xero nz"),
    ]


def test_the_status_tells_the_troubles_that_nothing_else_in_it_tells(crossbook: Crossbook, sqlite_url: str) -> None:
    assert "trouble: " not in crossbook("status").stdout
    asyncio.run(settle(sqlite_url))
    told = crossbook("status").stdout
    assert "trouble: xero nz: 50 of the day's 1,000 calls are left\n  what to do: nothing is lost\n" in told
    assert "acme/Contact is held" not in told
    assert len(json.loads(crossbook("status", "--json").stdout)["troubles"]) == 2


async def settle(url: str) -> None:
    database = await Database.open(url)
    await database.run(lambda conn: notices.settle(conn, [QUOTA, HELD], NOON + timedelta(days=1), anybody=True))
    await database.close()


def test_a_test_goes_to_every_address_and_says_which_fail_without_what_is_secret_in_them(crossbook: Crossbook) -> None:
    got = list[str]()

    async def receive(request: Request) -> Response:
        got.append(json.loads(await request.body())["title"])
        return Response()

    with served(Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])) as address:
        works = address.replace("http://", "json://")
        fine = crossbook("notices", "--test", NOTICE_URLS=works)
        both = crossbook("notices", "--test", NOTICE_URLS=f"{works}, hush-hush://hush:hush@hush")
    assert (fine.returncode, fine.stdout) == (0, "NOTICE_URLS, number 1: sent\n")
    assert got == ["Crossbook: a test"] * 2
    assert both.returncode == 1
    assert "NOTICE_URLS, number 2: FAILED" in both.stdout
    assert "hush" not in both.stdout + both.stderr


def test_without_an_address_a_test_says_what_to_set(crossbook: Crossbook) -> None:
    told = crossbook("notices", "--test")
    assert told.returncode == 1
    assert "set NOTICE_URLS" in told.stderr
