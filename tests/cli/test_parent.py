"""A process that follows its parent leaves with it, however the parent ends."""

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
