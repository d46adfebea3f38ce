"""Leave when the process that started us leaves."""

import math
import os
import signal
import threading

from app.cli.polling import poll

LOOK_SECONDS = 0.2


def leave_with_parent(parent: int) -> None:
    """End this process, as SIGTERM would, soon after its parent `parent` has ended in whatever way."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    poll(lambda: os.getppid() != parent, seconds=math.inf, every_seconds=LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
