"""`crossbook run`: everything that a small company needs, in one supervised tree of processes."""

import fcntl
import hashlib
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from app.cli.configuration import checked_settings
from app.cli.json_logs import LogsJson, become
from app.cli.polling import poll
from app.cli.ports import require_free
from app.cli.processes import Child, start_beside
from app.cli.supervision import Program, Supervisor
from app.cli.valkey import server_program, write_configuration
from app.errors import ConfigurationError
from app.log import configure_logging
from app.settings import Settings, own_queue
from app.store.vault import Vault

LOOK_SECONDS = 0.2
"""How often it is looked whether a program has ended."""

WEB_GRACE_SECONDS = 10.0
"""Longer than the web process waits for requests that are under way."""

WORKER_GRACE_SECONDS = 45.0
"""Longer than the worker waits for its jobs, so that a call in flight is settled before the end."""

VALKEY_GRACE_SECONDS = 3.0


def run(*, as_json: LogsJson = False) -> None:
    """Run web process, worker and, unless REDIS_URL names another queue, a Valkey; start again what ends."""
    settings = checked_settings()
    Vault(settings.secret_keys)
    if as_json and settings.log_format != "json":
        become([sys.executable, "-m", "app.cli.main", *sys.argv[1:]], as_json=True)
    configure_logging(settings.log_level, settings.log_format)
    _leave_in_good_order()
    os.umask(0o077)
    with _alone(settings.data_dir):
        require_free(settings.port, option="PORT")
        _supervise(programs(settings))


def programs(settings: Settings) -> Sequence[Program]:
    """What is kept running, in the order of starting: the queue, who empties it, who fills it."""
    crossbook = (sys.executable, "-m", "app.cli.main")
    slot = () if settings.worker_name else ("env", f"WORKER_NAME={_slot(settings.data_dir)}")
    return [
        *_queue(settings),
        Program("worker", (*slot, *crossbook, "worker"), WORKER_GRACE_SECONDS),
        Program("web", (*crossbook, "serve"), WEB_GRACE_SECONDS),
    ]


def _queue(settings: Settings) -> list[Program]:
    path = own_queue(settings.data_dir)
    if settings.redis_url != f"unix://{path}":
        return []
    configuration = write_configuration(settings.data_dir, path)
    return [Program("valkey", (server_program(), str(configuration)), VALKEY_GRACE_SECONDS)]


def _slot(data_dir: Path) -> str:
    """The worker's name: the same after a restart, so that it takes its leases again at once; nobody else's."""
    return f"{socket.gethostname()}-{hashlib.sha256(bytes(data_dir.absolute())).hexdigest()[:8]}"


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold the folder, so that nobody runs twice on it. Raises `ConfigurationError`."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "run.lock").open("wb")
    except OSError as error:
        raise ConfigurationError(f"the folder {data_dir} cannot be used ({error.strerror}); see DATA_DIR") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(f"crossbook run is under way already on the folder {data_dir}") from error
        yield


def _supervise(kept: Sequence[Program]) -> None:
    supervisor = Supervisor(_start, time.monotonic)
    try:
        supervisor.begin(kept)
        poll(supervisor.look, seconds=math.inf, every_seconds=LOOK_SECONDS)
    finally:
        supervisor.end()


def _start(program: Program) -> Child:
    return start_beside(program.name, program.command, grace_seconds=program.grace_seconds)


def _leave_in_good_order() -> None:
    """The first word to leave ends the programs; none after it interrupts that."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        for number in words:
            signal.signal(number, signal.SIG_IGN)
        sys.exit(0)

    words = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in words:
        signal.signal(number, leave)
