"""The kinds of worlds that a journey is told in."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.mapping.model import Sync
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock, VirtualLoop
from tests.support.world import World

NewWorld = Callable[..., World]
"""A new world of a test's kind, with the sync that it is given or the template for accounts."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Which vendors, which database, and whose time: a virtual loop jumps to its next timer."""

    world: Callable[[Database, VirtualClock, Sync | None], World]
    loop: Callable[[], asyncio.AbstractEventLoop] = VirtualLoop
    clock: Callable[[], VirtualClock] = LoopClock
    postgresql: bool = False


KINDS: Mapping[str, Kind] = {
    "memory-sqlite": Kind(World),
    "memory-postgresql": Kind(World, loop=asyncio.new_event_loop, clock=VirtualClock, postgresql=True),
    "simulated": Kind(SimulatedWorld),
}
MEMORY = ("memory-sqlite", "memory-postgresql")
