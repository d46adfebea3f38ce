"""Gather what waits, send it in parcels, and send each parcel again until it is taken."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from app.simulator.pushing import GATHER_SECONDS, PushLine

Item = TypeVar("Item")

FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 7200.0
LIFE = timedelta(hours=24)


class Resender(Generic[Item]):
    """Sends items along `line`, at most `most` a parcel. A parcel that is not taken is sent again with growing
    pauses for `life`, by itself, so parcels overtake one another.

    `attempt` sends a parcel once and says whether it was taken.
    """

    def __init__(
        self,
        line: PushLine,
        most: int,
        attempt: Callable[[Sequence[Item]], Awaitable[bool]],
        life: timedelta = LIFE,
    ) -> None:
        self._line = line
        self._most = most
        self._attempt = attempt
        self._life = life
        self._waiting: list[Item] = []

    def put(self, item: Item) -> None:
        """Send `item` soon."""
        self._waiting.append(item)
        if len(self._waiting) == 1:
            self._line.spawn(self._gather())

    async def _gather(self) -> None:
        await self._line.clock.sleep(GATHER_SECONDS)
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), self._most):
            self._line.spawn(self._deliver(waiting[first : first + self._most]))

    async def _deliver(self, parcel: Sequence[Item]) -> None:
        clock = self._line.clock
        ends_at = clock.now() + self._life
        pause_seconds = FIRST_PAUSE_SECONDS
        while clock.now() < ends_at:
            await self._line.opened()
            if self._line.drops() or await self._attempt(parcel):
                return
            await clock.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
