"""What an operator asks at the terminal, answered in lines or as one JSON document."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import mapping
from app.clock import SystemClock
from app.engine.events import Event, Kind, Origin, Routes
from app.engine.records import System
from app.engine.usage import Tally
from app.simulator import demo
from app.store import cursors, inbox, usage
from app.store.database import Database

CROSSBOOK = Path(sys.executable).with_name("crossbook")
TEMPLATE = Path(mapping.__file__).parent / "templates" / "accounts.yaml"
LANE = "accounts/Contact"
ROUTES = Routes({(System.XERO, demo.XERO_TENANT_ID, "Contact"): (LANE,)})
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTACT = "33333333-2222-4333-8444-555555555555"
STRANGER = "44444444-2222-4333-8444-555555555555"

Crossbook = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def crossbook(tmp_path: Path, sqlite_url: str) -> Crossbook:
    """Runs commands on an installation that accepted two events: a contact's, and one that no sync names."""
    (tmp_path / "syncs").mkdir()
    shutil.copy(TEMPLATE, tmp_path / "syncs")
    asyncio.run(accept(sqlite_url, arrived(CONTACT, demo.XERO_TENANT_ID), arrived(STRANGER, "another-tenant")))
    url = "http://127.0.0.1:9"
    connections = demo.environment(salesforce="main", salesforce_url=url, xero="main", xero_url=url)
    environment = {**connections, "DATABASE_URL": sqlite_url, "SECRET_KEYS": "a-key-of-thirty-two-characters-or-more"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(CROSSBOOK), *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def arrived(contact_id: str, tenant_id: str) -> Event:
    """A webhook's event about a contact."""
    return Event(
        key=contact_id,
        system=System.XERO,
        account=tenant_id,
        object="Contact",
        record_id=contact_id,
        kind=Kind.CHANGED,
        origin=Origin.XERO_WEBHOOK,
    )


async def accept(url: str, *events: Event) -> None:
    """Put events into the inbox."""
    database = await Database.open(url)
    await database.run(lambda conn: inbox.record(conn, events, ROUTES, NOW))
    await database.close()


async def used(url: str) -> None:
    """Put down what was used today."""
    database, now = await Database.open(url), SystemClock().now()
    tally = Tally(System.XERO, "nz", f"{now:%Y-%m-%d}", 12, 3_400_000, 988, now)
    await database.run(lambda conn: usage.add(conn, [tally]))
    await database.close()


async def asked_for(url: str) -> bool:
    """Whether reconcile is asked to read Xero's contacts."""
    database = await Database.open(url)
    cursor = await database.read(lambda conn: cursors.get(conn, "accounts", System.XERO, "Contact"))
    await database.close()
    return cursor is not None and cursor.scan_requested_at is not None


def test_audit_adds_up_every_accepted_event(crossbook: Crossbook) -> None:
    told = crossbook("audit", "--json")

    assert told.returncode == 0, told.stderr
    audit = json.loads(told.stdout)
    assert (audit["holds"], audit["accepted"], audit["unrouted"], audit["forgotten"]) == (True, 2, 1, 0)
    lane = audit["lanes"][LANE]
    assert lane.pop("accepted") == sum(lane.values()) == lane["pending"] == 1


def test_audit_says_the_sum_in_lines(crossbook: Crossbook) -> None:
    told = crossbook("audit")

    assert "accounts/Contact: 1 accepted = 1 pending + 0 applied + 0 unchanged" in told.stdout
    assert "every one is accounted for" in told.stdout


def test_status_tells_what_waits_in_each_lane(crossbook: Crossbook) -> None:
    lane = json.loads(crossbook("status", "--json").stdout)["lanes"][LANE]

    assert (lane["mode"], lane["pending"], lane["drained_by"]) == ("observe", 1, None)
    assert lane["waiting_since"].startswith("2026-03-02T09:00:00")
    assert "accounts/Contact: mode observe, 1 events pending, work waits for " in crossbook("status").stdout


def test_status_tells_what_was_used_of_the_vendors_today(crossbook: Crossbook, sqlite_url: str) -> None:
    asyncio.run(used(sqlite_url))
    [tally] = json.loads(crossbook("status", "--json").stdout)["usage"]
    assert (tally["system"], tally["connection"], tally["calls"], tally["calls_left"]) == ("xero", "nz", 12, 988)
    assert "xero nz today (UTC): 12 calls, 3.4 MB read, 988 calls left as told at " in crossbook("status").stdout


def test_why_tells_what_came_in_about_a_record(crossbook: Crossbook) -> None:
    [record] = json.loads(crossbook("why", CONTACT.upper(), "--json").stdout)["records"]

    assert record["record"] == f"xero:Contact:{CONTACT}"
    assert [(event["origin"], event["outcome"]) for event in record["events"]] == [("xero_webhook", "pending")]
    assert crossbook("why", f"xero:Contact:{CONTACT}").stdout.startswith(f"xero:Contact:{CONTACT}\n")


@pytest.mark.parametrize(
    ("record", "problem"),
    [("0015g0000000001AAA", "nothing is known of 0015g0000000001AAA"), ("xerox:Contact:1", "names no record")],
)
def test_why_says_so_when_it_knows_nothing(crossbook: Crossbook, record: str, problem: str) -> None:
    told = crossbook("why", record, "--json")

    assert told.returncode == 1
    assert problem in json.loads(told.stdout)["error"]
    assert problem in told.stderr


def test_reconcile_says_so_when_no_worker_reads(crossbook: Crossbook, sqlite_url: str) -> None:
    told = crossbook("reconcile", "--seconds", "0.2", "--json")

    assert told.returncode == 1
    assert "no worker has read" in json.loads(told.stdout)["error"]
    assert "no worker has read salesforce Account, salesforce Contact, xero Contact, xero CreditNote" in told.stderr
    assert "within 0.2 seconds" in told.stderr
    assert asyncio.run(asked_for(sqlite_url))


def test_reconcile_may_ask_without_waiting(crossbook: Crossbook, sqlite_url: str) -> None:
    told = crossbook("reconcile", "--seconds", "0", "--json")

    assert json.loads(told.stdout) == {"read": []}
    assert asyncio.run(asked_for(sqlite_url))


def test_backfill_asks_the_workers_once_and_status_tells_of_it(crossbook: Crossbook) -> None:
    asked = crossbook("backfill", "--json")
    assert json.loads(asked.stdout) == {"runs": {"accounts": 1}}
    reading = json.loads(crossbook("status", "--json").stdout)["reading"]
    assert [(each["purpose"], each["object"]) for each in reading] == [("backfill", "Account"), ("backfill", "Contact")]
    again = crossbook("backfill", "accounts")
    assert again.returncode == 1
    assert "under way" in again.stderr


def test_backfill_of_an_unknown_sync_says_which_there_are(crossbook: Crossbook) -> None:
    wrong = crossbook("backfill", "bakery")
    assert wrong.returncode == 1
    assert "there is no sync bakery; there are: accounts" in wrong.stderr


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["hold", "accounts", "--because", "month end"], {"held": [LANE]}),
        (["pause", "accounts/customers"], {"paused": ["mapping:accounts/customers"]}),
        (["pause", CONTACT], {"paused": [f"record:accounts:xero:Contact:{CONTACT}"]}),
        (["errors"], {"errors": []}),
        (["questions"], {"questions": []}),
        (["replay", CONTACT], {"records": 1, "lanes": [LANE]}),
        (["replay", "--since", "2026-03-01"], {"records": 1, "lanes": [LANE]}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_tells_programs_what_it_did(crossbook: Crossbook, typed: list[str], told: dict[str, object]) -> None:
    answer = crossbook(*typed, "--json")

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == told


def test_what_was_stopped_by_a_command_goes_on_by_another(crossbook: Crossbook) -> None:
    assert "is held" in crossbook("hold", LANE).stdout
    assert "HELD since" in crossbook("status").stdout
    assert "the guard counts from here" in crossbook("release", LANE, "--next", "0").stdout
    assert "is paused" in crossbook("pause", "accounts").stdout
    assert "goes on" in crossbook("resume", "accounts").stdout


@pytest.mark.parametrize(
    ("typed", "code", "problem"),
    [
        (["retry"], 2, "name a record, or say --all, or --code"),
        (["replay"], 2, "name a record, or say --since or --sync"),
        (["retry", "--all"], 1, "there are no dead letters"),
        (["dismiss", CONTACT], 1, "neither a dead letter nor a question"),
        (["decide", CONTACT, "--take", "xero"], 1, "nothing is asked about"),
        (["decide", CONTACT, "--take", "both"], 2, "both"),
        (["unlink", CONTACT], 1, "is not linked"),
        (["link", "0015g0000000001AAA", CONTACT, "--mapping", "suppliers"], 1, "no mapping ties"),
        (["release", "accounts"], 1, "is not held"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_can_do_nothing_says_why(
    crossbook: Crossbook, typed: list[str], code: int, problem: str
) -> None:
    told = crossbook(*typed)

    assert told.returncode == code
    assert problem in told.stderr
