"""An event loop whose clock jumps to the next timer, so that waiting takes no time."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from tests.support.clock import VirtualClock

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer it lets the time pass at once. Nothing but timers may be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits and no timer is set")
        self.passed += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs without threads, sockets or waiting."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


class LoopClock(VirtualClock):
    """The time of day by the running loop; a test may still turn it forward."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtually(story: Callable[[], Awaitable[T]]) -> T:
    """What `story` returns, run to its end on a virtual loop."""

    async def told() -> T:
        return await story()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(told())
