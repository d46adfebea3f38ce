"""The guardian of one child process: it never lets the child outlive whoever started them both.

Run as `python -m app.cli.lifeline GRACE_SECONDS COMMAND...` with a pipe as standard input that the starter holds open
and never writes to. When the starter ends, however it ends, the pipe closes and the child is asked to stop, then
killed. When the guardian itself is killed, Linux kills the child; elsewhere the starter kills the process group.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux' prctl: it outlives exec and is cleared by fork."""


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or the starter hangs up; the command's own exit code."""
    grace_seconds, command = float(arguments[0]), arguments[1:]
    child = _spawn(command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: child.terminate())
    threading.Thread(target=_stop_at_hang_up, args=(child, grace_seconds), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _spawn(command: Sequence[str]) -> subprocess.Popen[bytes]:
    guardian = os.getpid()
    return subprocess.Popen(  # noqa: S603 - our own command, no shell
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: _end_with(guardian),  # noqa: PLW1509 - no thread runs yet
    )


def _end_with(guardian: int) -> None:
    """In the child: be killed when the guardian is gone, also when it is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL))
    if os.getppid() != guardian:
        os._exit(1)


def _stop_at_hang_up(child: subprocess.Popen[bytes], grace_seconds: float) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(grace_seconds)
    child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
