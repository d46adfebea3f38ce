"""One command runs everything, keeps it running, and takes all of it away with it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import httpx
import psutil
import pytest

from app.cli.demo.people import Bookkeeper, Salesperson
from app.cli.demo.stage import crossbook
from app.cli.polling import poll
from app.cli.ports import HOST, free_port
from app.cli.processes import start
from app.cli.run import programs
from app.cli.valkey import LONGEST_SOCKET
from app.errors import ConfigurationError
from app.settings import Settings
from app.simulator import demo
from tests.support.pids import gone

CROSSBOOK = Path(sys.executable).with_name("crossbook")
SECONDS = 60.0
"""Far longer than anything here takes on a machine that has nothing else to do."""

NAMES = {"valkey": "valkey", "worker": "arq", "web": "serve"}
"""What stands in the command line of each program."""


def bare(port: int) -> dict[str, str]:
    return {"SECRET_KEYS": "k" * 32, "PORT": str(port), "PYTHONUTF8": "1"}


def run(folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """`crossbook run` where it ends by itself."""
    command = [str(CROSSBOOK), "run"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """`crossbook run`, once its web process would keep an event."""
    with (
        (folder / "run.log").open("wb") as log,
        subprocess.Popen([CROSSBOOK, "run"], cwd=folder, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            assert poll(lambda: is_ready(environment["PORT"]), seconds=SECONDS), (folder / "run.log").read_text()
            yield process
        finally:
            process.terminate()


def is_ready(port: str) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/readyz", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


def programs_of(process: "subprocess.Popen[bytes]") -> dict[str, int]:
    """The programs that run under it by name, without their guardians."""
    found = dict[str, int]()
    for child in psutil.Process(process.pid).children(recursive=True):
        line = words_of(child)
        for name, word in NAMES.items():
            if "app.cli.lifeline" not in line and any(word in part for part in line):
                found[name] = child.pid
    return found


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has just ended."""
    with suppress(psutil.NoSuchProcess):
        return [str(part) for part in process.cmdline()]
    return []


def all_there(process: "subprocess.Popen[bytes]") -> dict[str, int] | None:
    found = programs_of(process)
    return found if found.keys() == NAMES.keys() else None


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of an installation whose vendors are simulated, and push to it."""
    salesforce, xero, web = free_port(), free_port(), free_port()
    urls = {"salesforce_url": f"http://{HOST}:{salesforce}", "xero_url": f"http://{HOST}:{xero}"}
    environment = {**bare(web), **demo.environment(salesforce="main", xero="main", **urls)}
    template = files("app.mapping").joinpath("templates", "accounts.yaml").read_text(encoding="utf-8")
    (tmp_path / "syncs").mkdir()
    (tmp_path / "syncs" / "accounts.yaml").write_text(re.sub(r"(?m)^mode: .*$", "mode: live", template))
    ports = ["--salesforce-port", str(salesforce), "--xero-port", str(xero)]
    command = crossbook("simulator", *ports, "--crossbook-url", f"http://{HOST}:{web}")
    with start("simulator", command, environment=environment, folder=tmp_path):
        yield environment


def test_it_carries_on_whichever_of_its_programs_is_killed_and_stops_with_all_of_them(
    tmp_path: Path, connected: dict[str, str]
) -> None:
    person = (demo.PERSON.id, demo.PERSON.secret)
    with (
        running(tmp_path, connected) as process,
        Salesperson(connected["SALESFORCE__MAIN__URL"], *person) as salesperson,
        Bookkeeper(connected["XERO__MAIN__API_URL"], *person) as bookkeeper,
    ):
        for name in ("nobody", *NAMES):
            if pid := programs_of(process).get(name):
                psutil.Process(pid).kill()
                assert poll(lambda: (all_there(process) or {}).get(name) not in {None, pid}, seconds=SECONDS)  # noqa: B023
            account = salesperson.create_account(Name=f"After the end of {name}")
            assert poll(lambda: bookkeeper.contact_born_from(account), seconds=SECONDS), name  # noqa: B023
        pids = programs_of(process).values()
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert [pid for pid in pids if not gone(pid)] == []
    ended = (tmp_path / "run.log").read_text().count('"program.ended"')
    assert ended == len(NAMES)


def test_a_killed_run_leaves_no_program_and_only_one_may_have_the_folder(tmp_path: Path) -> None:
    environment = bare(free_port())
    with running(tmp_path, environment) as process:
        pids = poll(lambda: all_there(process), seconds=SECONDS)
        assert pids
        again = subprocess.run(
            [CROSSBOOK, "run"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert (again.returncode, "under way already on the folder data" in again.stderr) == (1, True)
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0
        process.kill()
        assert poll(lambda: all(gone(pid) for pid in pids.values()), seconds=SECONDS)


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"SECRET_KEYS": ""}, "SECRET_KEYS is empty"),
        ({"DATA_DIR": "/proc/nothing"}, "the folder /proc/nothing cannot be used"),
        ({"SYNC_DIR": "elsewhere"}, "elsewhere: there is no such folder"),
    ],
)
def test_what_cannot_run_says_why_and_starts_nothing(tmp_path: Path, environment: dict[str, str], problem: str) -> None:
    answer = run(tmp_path, {**bare(free_port()), **environment})
    assert answer.returncode == 1
    assert problem in answer.stderr
    assert "program.started" not in answer.stderr


def test_whoever_has_a_queue_of_his_own_gets_no_other(tmp_path: Path) -> None:
    names = [each.name for each in programs(Settings(data_dir=tmp_path, redis_url="redis://127.0.0.1:6379/0"))]
    assert names == ["worker", "web"]


def test_the_worker_has_one_name_a_folder_unless_the_settings_say_another(tmp_path: Path) -> None:
    def worker(folder: Path, name: str = "") -> list[str]:
        found = programs(Settings(data_dir=folder, worker_name=name, redis_url="redis://127.0.0.1:6379/0"))
        return [part for part in found[0].command if part.startswith("WORKER_NAME=")]

    one, other = worker(tmp_path), worker(tmp_path / "other")
    assert one == worker(tmp_path) != other
    assert worker(tmp_path, "own") == []


def test_a_folder_whose_socket_would_have_too_long_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="choose a shorter DATA_DIR"):
        programs(Settings(data_dir=tmp_path / ("x" * LONGEST_SOCKET)))
