"""A guarded child never outlives whoever started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.polling import poll
from app.cli.processes import LoggedChild, start
from tests.support.pids import gone, pid_in

SLEEPER = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
STUBBORN = [SLEEPER[0], "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER[2]]
STARTER = """
import signal, sys
from pathlib import Path
from app.cli.processes import start
start("child", sys.argv[2:], environment={}, folder=Path(sys.argv[1]), grace_seconds=0.2)
signal.pause()
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[LoggedChild]:
    with start("child", SLEEPER, environment={}, folder=tmp_path) as child:
        yield child


@pytest.mark.parametrize("command", [SLEEPER, STUBBORN], ids=["willing", "stubborn"])
def test_a_killed_starter_leaves_no_child(tmp_path: Path, command: list[str]) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), *command])
    pid = pid_in(tmp_path / "child.log")

    starter.kill()
    starter.wait()

    assert poll(lambda: gone(pid), seconds=5)


def test_a_killed_guardian_leaves_no_child(child: LoggedChild) -> None:
    pid = pid_in(child.log)

    os.kill(child.guardian.pid, signal.SIGKILL)

    assert poll(lambda: gone(pid), seconds=5)
    assert child.exit_code == -signal.SIGKILL


def test_stop_returns_when_the_child_is_gone(child: LoggedChild) -> None:
    pid = pid_in(child.log)

    child.stop()

    assert gone(pid)
    assert gone(child.guardian.pid)


def test_a_child_that_will_not_stop_is_killed_after_the_grace(tmp_path: Path) -> None:
    with start("child", STUBBORN, environment={}, folder=tmp_path, grace_seconds=0.2) as child:
        pid = pid_in(child.log)

    assert gone(pid)


def test_the_childs_own_exit_code_comes_through(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(7)"]
    with start("child", command, environment={}, folder=tmp_path) as child:
        assert child.wait(10) == 7


def test_a_child_sees_no_environment_but_its_own(tmp_path: Path) -> None:
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE', '__CF_USER_TEXT_ENCODING'}))"
    with start("child", [sys.executable, "-c", code], environment={"ONLY": "this"}, folder=tmp_path) as child:
        assert child.wait(10) == 0
        assert child.last_words() == "['ONLY']"


def test_ctrl_c_at_the_terminal_does_not_reach_the_child(child: LoggedChild) -> None:
    assert os.getpgid(pid_in(child.log)) != os.getpgid(0)
