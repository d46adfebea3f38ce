"""`crossbook worker`: the process that drains lanes."""

import os
import sys

from app.cli.configuration import checked_settings

WORKER_SETTINGS = "workers.settings.WorkerSettings"


def worker() -> None:
    """Drain lanes and reconcile: become an arq worker until it is told to stop."""
    checked_settings()
    os.execv(sys.executable, [sys.executable, "-m", "arq", WORKER_SETTINGS])  # noqa: S606 - our own command, no shell
