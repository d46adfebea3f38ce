"""Which processes are still there."""

import os
from pathlib import Path

from app.cli.polling import poll


def gone(pid: int) -> bool:
    """Whether no process has `pid`; one that ended and waits for its parent to notice counts as gone."""
    status = Path(f"/proc/{pid}/status")
    try:
        os.kill(pid, 0)
        return status.exists() and "State:\tZ" in status.read_text()
    except ProcessLookupError:
        return True


def pid_in(log: Path) -> int:
    """The process id that a child printed when it was up."""
    assert poll(lambda: log.exists() and log.read_text().endswith("\n"), seconds=10), "the child never came up"
    return int(log.read_text())
