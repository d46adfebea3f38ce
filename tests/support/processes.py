"""Servers that die with the test run, however it ends."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1


@contextmanager
def server(command: Sequence[str | Path], log: Path, *, user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends; on Linux it ends even when this process is killed."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=user,
            group=user and _group(user),
            extra_groups=[] if user else None,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - it only sets a flag
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
