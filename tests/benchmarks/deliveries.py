"""Durable webhook deliveries a second, beside a web process that only checks the signature."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families

from app.cli.demo.stage import crossbook
from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import start
from app.simulator import demo
from tests.benchmarks.figure import Figure
from tests.benchmarks.load import Load, load
from tests.support.front_door import xero_signature
from tests.support.postgres import Postgres, postgres

CONNECTIONS, PAIRS = 32, 5
START_SECONDS = 60.0
ROOT = Path(__file__).parents[2]
BARE = [sys.executable, "-m", "uvicorn", "tests.benchmarks.signature_only:app", "--no-access-log"]


@dataclass(frozen=True, slots=True)
class Durable:
    """One run against Crossbook: the load, and in how many transactions it was committed."""

    load: Load
    commits: float


def on_sqlite(deliveries: int) -> tuple[list[Figure], float]:
    """The promised figures, and the deliveries a second to compare others with."""
    runs = [(_durable(deliveries, ""), _signature_only(deliveries)) for _ in range(PAIRS)]
    settings = f"SQLite with fsync; {_settings_of(deliveries)}"
    a_second = median(each.load.a_second for each, _ in runs)
    figures = [
        Figure("durable deliveries a second", a_second, "/s", settings, at_least=1500),
        Figure("… 99th percentile", _p99(each for each, _ in runs), "ms", settings, at_most=100),
        Figure("… a commit", median(deliveries / each.commits for each, _ in runs), "", settings, at_least=8),
        Figure(
            "… ÷ signature only", median(each.load.a_second / bare.a_second for each, bare in runs), "", settings, 0.4
        ),
    ]
    return figures, a_second


def on_postgresql(deliveries: int, sqlite_a_second: float) -> list[Figure]:
    """The same on PostgreSQL, a new database each time, compared with SQLite."""
    with postgres(durable=True) as server:
        runs = [asyncio.run(_on_fresh(server, deliveries)) for _ in range(PAIRS)]
    settings = f"PostgreSQL as it comes, beside it on the same cores; {_settings_of(deliveries)}"
    a_second = median(each.load.a_second for each in runs)
    return [
        Figure("durable deliveries a second", a_second, "/s", settings),
        Figure("… 99th percentile", _p99(runs), "ms", settings),
        Figure("… a commit", median(deliveries / each.commits for each in runs), "", settings),
        Figure("… ÷ SQLite's", a_second / sqlite_a_second, "", settings, at_least=0.6),
    ]


async def _on_fresh(server: Postgres, deliveries: int) -> Durable:
    async with server.fresh() as url:
        return await asyncio.to_thread(_durable, deliveries, url)


def _settings_of(deliveries: int) -> str:
    return (
        f"{deliveries:,} deliveries of one event, {CONNECTIONS} connections, own generator on the same cores, "
        f"median of {PAIRS}"
    )


def _p99(runs: Iterable[Durable]) -> float:
    return median(each.load.percentile(0.99) for each in runs) * 1000


def _durable(deliveries: int, database_url: str) -> Durable:
    """A run against `crossbook serve`; without a URL on a SQLite file of its own. No worker and no queue are there."""
    with TemporaryDirectory() as folder, _serving(Path(folder), crossbook("serve"), database_url) as port:
        run = asyncio.run(load(port, _requests(deliveries), CONNECTIONS))
        return Durable(run, _commits(port))


def _signature_only(deliveries: int) -> Load:
    port = free_port()
    with TemporaryDirectory() as folder, _serving(Path(folder), [*BARE, "--port", str(port)], "", port):
        return asyncio.run(load(port, _requests(deliveries), CONNECTIONS))


@contextmanager
def _serving(folder: Path, command: Sequence[str], database_url: str, port: int = 0) -> Iterator[int]:
    """A web process in `folder`, once it answers; its port."""
    port = port or free_port()
    (folder / "syncs").mkdir()
    template = files("app.mapping").joinpath("templates", "accounts.yaml").read_text(encoding="utf-8")
    (folder / "syncs" / "accounts.yaml").write_text(template, encoding="utf-8")
    with start("web", command, environment=_environment(folder, database_url, port), folder=folder) as child:
        if not poll(lambda: _answers(port), seconds=START_SECONDS):
            raise RuntimeError(f"the web process did not start; it said:\n{child.last_words(20)}")
        yield port


def _environment(folder: Path, database_url: str, port: int) -> Mapping[str, str]:
    nowhere = {"salesforce_url": f"http://{HOST}:9", "xero_url": f"http://{HOST}:9"}
    return {
        **demo.environment(salesforce="main", xero="main", **nowhere),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database_url,
        "SECRET_KEYS": "k" * 32,
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://{HOST}:{port}/", timeout=1, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _commits(port: int) -> float:
    """In how many transactions all of it was committed."""
    text = httpx.get(f"http://{HOST}:{port}/metrics", trust_env=False).text
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return next(each.value for each in samples if each.name == "crossbook_commits_total")


def _requests(deliveries: int) -> list[bytes]:
    """Signed pushes, each of a contact of its own."""
    return [_request(number) for number in range(1, deliveries + 1)]


def _request(number: int) -> bytes:
    event = {
        "resourceUrl": "",
        "resourceId": str(uuid4()),
        "tenantId": demo.XERO_TENANT_ID,
        "tenantType": "ORGANISATION",
        "eventCategory": "CONTACT",
        "eventType": "UPDATE",
        "eventDateUtc": "2026-03-02T09:00:00.123",
    }
    push = {"events": [event], "firstEventSequence": number, "lastEventSequence": number, "entropy": "S0M3R4ND0M"}
    body = json.dumps(push).encode()
    head = (
        "POST /webhooks/xero HTTP/1.1\r\nHost: crossbook\r\nContent-Type: application/json\r\n"
        f"x-xero-signature: {xero_signature(body, demo.XERO_WEBHOOK_KEY)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
