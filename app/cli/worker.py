"""`crossbook worker`: the process that drains lanes."""

import sys

from app.cli.configuration import checked_settings
from app.cli.json_logs import LogsJson, become

WORKER_SETTINGS = "workers.settings.WorkerSettings"


def worker(*, as_json: LogsJson = False) -> None:
    """Drain lanes and reconcile: become an arq worker until it is told to stop."""
    checked_settings()
    become([sys.executable, "-m", "arq", WORKER_SETTINGS], as_json=as_json)
