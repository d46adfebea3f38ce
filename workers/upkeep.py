"""Upkeep: ring the lanes that have work and nobody who does it; put down what was used of the vendors."""

import structlog

from app.errors import StoreUnavailable
from app.runtime import Runtime, put_down
from app.store import backlog

log = structlog.get_logger("upkeep")


async def ring_forgotten_lanes(runtime: Runtime) -> tuple[str, ...]:
    """Ring for every lane with work, without a live lease and not parked: whatever the queue lost is late, not lost."""
    try:
        lanes = await runtime.database.read(lambda conn: backlog.lanes_to_ring(conn, runtime.database.now(conn)))
    except StoreUnavailable as error:
        log.warning("upkeep.postponed", reason=str(error))
        return ()
    for lane in lanes:
        runtime.doorbell.ring(lane)
    return lanes


async def put_down_usage(runtime: Runtime) -> None:
    """Put down what this process used of the vendors since the last time."""
    await put_down(runtime.database, runtime.usage)
