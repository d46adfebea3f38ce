"""Ask again and again until the answer is there or the time is up."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def poll(ask: Callable[[], Answer | None], *, seconds: float, every_seconds: float = 0.01) -> Answer | None:
    """The first answer of `ask` that is neither None nor False; None when none came within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() >= deadline:
            return None
        time.sleep(every_seconds)
