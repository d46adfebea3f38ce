"""A process that follows its parent leaves with it, however the parent ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from app.cli.polling import poll
from tests.support.pids import gone, pid_in

FOLLOWER = """
import os, signal
from app.cli.parent import leave_with_parent
leave_with_parent(os.getppid())
print(os.getpid(), flush=True)
signal.pause()
"""
PARENT = """
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1]])
signal.pause()
"""


def test_a_killed_parent_takes_its_follower_with_it(tmp_path: Path) -> None:
    log = tmp_path / "follower.log"
    with log.open("wb") as output:
        parent = subprocess.Popen([sys.executable, "-c", PARENT, FOLLOWER], stdout=output)
    follower = pid_in(log)

    parent.kill()
    parent.wait()

    assert poll(lambda: gone(follower), seconds=5)


def test_a_follower_stays_as_long_as_its_parent(tmp_path: Path) -> None:
    log = tmp_path / "follower.log"
    with log.open("wb") as output:
        parent = subprocess.Popen([sys.executable, "-c", PARENT, FOLLOWER], stdout=output)
    follower = pid_in(log)

    assert not poll(lambda: gone(follower), seconds=0.5)
    parent.kill()
    parent.wait()


AT_A_TERMINAL = """
import os, signal
from app.cli.parent import leave_with_terminal
leave_with_terminal()
print(os.getpid(), flush=True)
signal.pause()
"""


def test_a_closed_terminal_ends_who_reads_from_it_though_no_hang_up_came(tmp_path: Path) -> None:
    log = tmp_path / "reader.log"
    person, terminal = os.openpty()
    with log.open("wb") as output:
        reader = subprocess.Popen([sys.executable, "-c", AT_A_TERMINAL], stdin=terminal, stdout=output)
    os.close(terminal)
    pid_in(log)
    assert reader.poll() is None

    os.close(person)

    assert reader.wait(5) == -signal.SIGTERM


def test_who_reads_from_no_terminal_does_not_wait_for_one(tmp_path: Path) -> None:
    log = tmp_path / "reader.log"
    with log.open("wb") as output:
        reader = subprocess.Popen([sys.executable, "-c", AT_A_TERMINAL], stdin=subprocess.DEVNULL, stdout=output)
    pid_in(log)

    assert not poll(lambda: reader.poll() is not None, seconds=0.5)
    reader.kill()
    reader.wait()
