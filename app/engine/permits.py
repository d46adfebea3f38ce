"""The permits of a batch: its calls are booked before it looks, so that no look is paid for without its write."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.records import System


@dataclass(frozen=True, slots=True)
class Permits:
    """What a batch has booked. What it does not use is given back when the batch is over."""

    bench: Bench
    priority: Priority
    booked: AsyncExitStack

    async def book(self, system: System, calls: int) -> None:
        """See that `calls` more calls to `system` can be made. Raises `OutOfQuota` when they cannot."""
        await self.booked.enter_async_context(self.bench.connectors[system].reserve(calls, self.priority))


@asynccontextmanager
async def permits_of(bench: Bench, priority: Priority) -> AsyncIterator[Permits]:
    """The permits of a batch that is about to begin, one call to each system.

    Raises `OutOfQuota` when a system is not to be called at all now: then the other one is not read in vain.
    """
    async with AsyncExitStack() as booked:
        permits = Permits(bench, priority, booked)
        for system in System:
            await permits.book(system, 1)
        yield permits
