"""Upkeep: ring the lanes that have work and nobody who does it; put down what was used; forget what is old."""

from datetime import timedelta

import structlog

from app.errors import StoreUnavailable
from app.runtime import Runtime, put_down
from app.store import backlog, calls, consents

FORGOTTEN_AT_ONCE = 1000
"""How many calls one transaction forgets: writers never wait long for it."""

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


async def forget_old_calls(runtime: Runtime) -> int:
    """Forget the calls that are older than the settings say and owe nothing; how many. History keeps what they did.

    Consents from which nobody came back are forgotten, too.
    """
    database, kept = runtime.database, timedelta(days=runtime.settings.calls_kept_days)
    forgotten, some = 0, FORGOTTEN_AT_ONCE
    while some == FORGOTTEN_AT_ONCE:
        some = await database.run(lambda conn: calls.prune(conn, database.now(conn) - kept, FORGOTTEN_AT_ONCE))
        forgotten += some
    await database.run(lambda conn: consents.forget(conn, database.now(conn) - consents.LIFE))
    if forgotten:
        log.info("upkeep.forgot", calls=forgotten)
    return forgotten
