"""The command `crossbook` as a person at a terminal meets it."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from app.cli.main import COMMANDS

CROSSBOOK = Path(sys.executable).with_name("crossbook")


def crossbook(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What one command said, run in `folder` with nothing but `environment`."""
    return subprocess.run(
        [CROSSBOOK, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_wrong_usage_leaves_with_two(tmp_path: Path) -> None:
    told = crossbook("no-such-command", folder=tmp_path)

    assert told.returncode == 2
    assert "no-such-command" in told.stderr


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_settings_that_cannot_be_used_are_told_without_a_trace(tmp_path: Path, command: str) -> None:
    told = crossbook(command, folder=tmp_path, PORT="eighty")

    assert told.returncode == 1
    assert told.stderr.startswith("crossbook: settings cannot be used\n  PORT: ")
    assert "Traceback" not in told.stderr
    assert told.stdout == ""


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_sync_files_that_cannot_be_used_are_told_before_anything_starts(tmp_path: Path, command: str) -> None:
    told = crossbook(command, folder=tmp_path, SYNC_DIR="nowhere")

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "crossbook: nowhere: there is no such folder; create it, or set SYNC_DIR\n"


def test_it_tells_its_version(tmp_path: Path) -> None:
    told = crossbook("--version", folder=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"{version('crossbook')}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json(tmp_path: Path, command: str) -> None:
    told = crossbook(command, "--help", folder=tmp_path, COLUMNS="200", NO_COLOR="1")

    assert told.returncode == 0
    assert "--json" in told.stdout


def test_a_process_that_is_asked_for_json_logs_in_json_lines(tmp_path: Path) -> None:
    (tmp_path / "syncs").mkdir()
    told = crossbook("serve", "--json", folder=tmp_path, LOG_FORMAT="text", DATABASE_URL=f"sqlite:///{tmp_path}/x.db")

    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert "web.misconfigured" in {line["event"] for line in lines}


def test_a_failure_is_told_in_json_where_json_was_asked_for(tmp_path: Path) -> None:
    told = crossbook("status", "--json", folder=tmp_path, SYNC_DIR="nowhere")

    assert told.returncode == 1
    assert json.loads(told.stdout)["error"]
