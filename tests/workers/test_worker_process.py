"""A real worker on SQLite, Valkey and the simulated systems outlives a Valkey that is killed and comes back empty."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from app.cli.demo.people import Bookkeeper, Salesperson
from app.cli.demo.stage import crossbook
from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import Child, start
from app.cli.valkey import Valkey, server_program, start_valkey
from app.clock import SystemClock
from app.engine.events import Event, Kind, Origin, Routes
from app.engine.records import System
from app.jobs import QUEUE
from app.mapping.salesforce_ids import to_15
from app.simulator import demo
from app.store import inbox
from app.store.database import Database

START_SECONDS = 30.0
RESUME_SECONDS = 60.0
ORG = to_15(demo.SALESFORCE_ORG_ID)
ROUTES = Routes({(System.SALESFORCE, ORG, "Account"): ("accounts/Contact",)})


@dataclass
class Stage:
    """What runs, and how to look at it from outside."""

    folder: Path
    valkey: Valkey
    worker: Child
    salesforce_url: str
    xero_url: str

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'crossbook.db'}"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Valkey, both simulated systems and one worker. Nobody takes in pushes, so only a test makes work."""
    with ExitStack() as running:
        valkey = start_valkey(tmp_path)
        running.enter_context(valkey.child)
        salesforce, xero = free_port(), free_port()
        environment = _environment(tmp_path, valkey, salesforce, xero)
        simulator = ["--salesforce-port", str(salesforce), "--xero-port", str(xero)]
        nowhere = ["--crossbook-url", f"http://{HOST}:{free_port()}"]
        command = crossbook("simulator", *simulator, *nowhere)
        running.enter_context(start("simulator", command, environment=environment, folder=tmp_path))
        _wait_for(lambda: _answers(environment["XERO__MAIN__API_URL"]))
        worker = start("worker", crossbook("worker"), environment=environment, folder=tmp_path)
        running.enter_context(worker)
        _wait_for(lambda: _polls(valkey.url))
        yield Stage(tmp_path, valkey, worker, f"http://{HOST}:{salesforce}", f"http://{HOST}:{xero}")


def _environment(folder: Path, valkey: Valkey, salesforce: int, xero: int) -> dict[str, str]:
    template = files("app.mapping").joinpath("templates", "accounts.yaml").read_text(encoding="utf-8")
    (folder / "syncs").mkdir()
    (folder / "syncs" / "accounts.yaml").write_text(re.sub(r"(?m)^mode: .*$", "mode: live", template))
    urls = {"salesforce_url": f"http://{HOST}:{salesforce}", "xero_url": f"http://{HOST}:{xero}"}
    return {
        **demo.environment(salesforce="main", xero="main", **urls),
        "DATABASE_URL": f"sqlite:///{folder / 'crossbook.db'}",
        "REDIS_URL": valkey.url,
        "SYNC_DIR": str(folder / "syncs"),
        "SECRET_KEYS": "a-key-of-more-than-thirty-two-characters",
        "WORKER_NAME": "worker-1",
    }


def _wait_for(ready: Callable[[], bool]) -> None:
    assert poll(ready, seconds=START_SECONDS), "it did not start"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/simulator/log", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _polls(url: str) -> bool:
    """Whether a worker has told that it is well."""
    with redis.Redis.from_url(url, socket_timeout=1) as client:
        return bool(client.exists(f"{QUEUE}:health-check"))


async def record(stage: Stage, account: str) -> None:
    """An accepted push whose ring was lost."""
    event = Event(f"push-{account}", System.SALESFORCE, ORG, "Account", account, Kind.CHANGED, Origin.OUTBOUND_MESSAGE)
    database = await Database.open(stage.database_url)
    await database.run(lambda conn: inbox.record(conn, [event], ROUTES, SystemClock().now()))
    await database.close()


def kill(child: Child) -> None:
    """The process under the guardian is gone at once, and then its guardian, too."""
    for process in psutil.Process(child.guardian.pid).children():
        process.kill()
    child.guardian.wait(timeout=10)


async def test_a_worker_resumes_by_itself_when_a_killed_valkey_is_back(stage: Stage) -> None:
    with (
        Salesperson(stage.salesforce_url, *_signing_in()) as salesperson,
        Bookkeeper(stage.xero_url, *_signing_in()) as bookkeeper,
    ):
        first = salesperson.create_account(Name="Before the outage")
        await record(stage, first)
        assert poll(lambda: bookkeeper.contact_born_from(first), seconds=RESUME_SECONDS)

        kill(stage.valkey.child)
        second = salesperson.create_account(Name="During the outage")
        await record(stage, second)
        assert bookkeeper.contact_born_from(second) is None

        configuration = str(stage.folder / "valkey.conf")
        again = start("valkey", [server_program(), configuration], environment={}, folder=stage.folder)
        with again:
            assert poll(lambda: bookkeeper.contact_born_from(second), seconds=RESUME_SECONDS)
            assert stage.worker.exit_code is None
            stage.worker.stop()


def _signing_in() -> tuple[str, str]:
    return demo.PERSON.id, demo.PERSON.secret
