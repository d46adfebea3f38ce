"""Leave when whoever started us leaves: the parent process, or the person at the terminal."""

import math
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

from app.cli.polling import poll

LOOK_SECONDS = 0.2


def leave_with_parent(parent: int) -> None:
    """End this process, as SIGTERM would, soon after its parent `parent` has ended in whatever way."""
    _leave_after(lambda: poll(lambda: os.getppid() != parent, seconds=math.inf, every_seconds=LOOK_SECONDS))


def leave_with_terminal() -> None:
    """End this process, as SIGTERM would, when the terminal that it reads from is closed.

    The hang-up itself reaches only the leader of the session: if that is make, it waits for us for ever.
    """
    if sys.stdin.isatty():
        hang_up = select.poll()
        hang_up.register(sys.stdin, 0)
        _leave_after(hang_up.poll)


def _leave_after(wait: Callable[[], object]) -> None:
    def watch() -> None:
        wait()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
