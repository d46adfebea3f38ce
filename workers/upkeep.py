"""Upkeep: ring the lanes that have work and nobody who does it."""

import structlog

from app.errors import StoreUnavailable
from app.runtime import Runtime
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
