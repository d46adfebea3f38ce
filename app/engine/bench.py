"""What a batch works with: the lane, its two connections, its memory, time and chance."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.engine.lane import Lane
from app.engine.memory import LaneMemory
from app.engine.ports import Clock, Connector, Steps, untold
from app.engine.records import System


def _lock_a_system() -> Mapping[System, asyncio.Lock]:
    return {system: asyncio.Lock() for system in System}


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything passed in. One bench serves one drain; its batches share the locks.

    `matching` is held from the moment unlinked records look for their counterparts until they are linked, so that no
    two batches create the same record; `recovering` while writes in doubt are cleared up; one of `looking` while
    counterparts in that system are looked at, so that one look serves every batch that waits for it.
    """

    lane: Lane
    connectors: Mapping[System, Connector]
    memory: LaneMemory
    clock: Clock
    new_id: Callable[[], str]
    chance: Callable[[], float]
    step: Steps = untold
    matching: asyncio.Lock = field(default_factory=asyncio.Lock)
    recovering: asyncio.Lock = field(default_factory=asyncio.Lock)
    looking: Mapping[System, asyncio.Lock] = field(default_factory=_lock_a_system)
