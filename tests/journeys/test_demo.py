"""The demo, as a newcomer runs it: real processes, real events, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app.cli.polling import poll
from app.cli.ports import HOST, free_port

CROSSBOOK = Path(sys.executable).with_name("crossbook")
FREE_PORTS = ("--port", "0", "--salesforce-port", "0", "--xero-port", "0")
PROCESSES = 8
"""Valkey, the simulator, the web process and the worker, each with its guardian."""


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A demo that keeps its data below `folder`."""
    with subprocess.Popen([CROSSBOOK, "demo", *FREE_PORTS], env={"TMPDIR": str(folder)}, cwd=folder) as process:
        try:
            yield process
        finally:
            process.kill()


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a demo said that leaves by itself."""
    command = [str(CROSSBOOK), "demo", *arguments]
    environment = {"TMPDIR": str(folder)}
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )


def cast(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Every process of a demo once all of them run."""

    def all_of_them() -> list[psutil.Process] | None:
        found = psutil.Process(process.pid).children(recursive=True)
        return found if len(found) >= PROCESSES else None

    found = poll(all_of_them, seconds=60)
    assert found, "the demo never came up"
    return found


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def test_the_whole_story_comes_true(tmp_path: Path) -> None:
    told = run_demo(tmp_path, "--once", "--json", *FREE_PORTS)

    assert told.returncode == 0, told.stdout + told.stderr
    document = json.loads(told.stdout)
    assert [step["came_true"] for step in document["steps"]] == [True] * 5
    assert all(step["seconds"] < 30 for step in document["steps"] if step["seconds"] is not None)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_demo_leaves_nothing_running(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        others = cast(process)

        process.kill()
        process.wait()

        assert poll(lambda: gone(others), seconds=15)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_told_to_leave_clears_everything_away(tmp_path: Path, number: signal.Signals) -> None:
    with demo(tmp_path) as process:
        others = cast(process)

        os.kill(process.pid, number)

        assert process.wait(30) == 128 + number
        assert gone(others)
        assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = str(server.getsockname()[1])
        told = run_demo(tmp_path, "--port", "0", "--salesforce-port", "0", "--xero-port", port)

    assert told.returncode == 1
    assert told.stderr.startswith(f"crossbook: port {port} ")
    assert "--xero-port" in told.stderr
    assert told.stdout == ""


def test_a_port_that_is_wanted_twice_is_named(tmp_path: Path) -> None:
    port = str(free_port())
    told = run_demo(tmp_path, "--port", port, "--salesforce-port", port, "--xero-port", "0")

    assert told.returncode == 1
    assert "--salesforce-port" in told.stderr
