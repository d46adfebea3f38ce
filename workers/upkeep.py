"""Upkeep: ring the lanes that have work and nobody who does it; put down what was used; forget what is old."""

from datetime import timedelta

import structlog

from app.errors import StoreUnavailable
from app.log import told
from app.runtime import Runtime, put_down
from app.store import backlog, consents, retention
from app.store.database import Database
from app.store.retention import Kind

FORGOTTEN_AT_ONCE = 1000
"""How many rows one transaction forgets: writers never wait long for it."""

log = structlog.get_logger("upkeep")


async def ring_forgotten_lanes(runtime: Runtime) -> tuple[str, ...]:
    """Ring for every lane with work, without a live lease and not parked: whatever the queue lost is late, not lost."""
    try:
        lanes = await runtime.database.read(lambda conn: backlog.lanes_to_ring(conn, runtime.database.now(conn)))
    except StoreUnavailable as error:
        log.warning("upkeep.postponed", **told(error))
        return ()
    for lane in lanes:
        runtime.doorbell.ring(lane)
    return lanes


async def put_down_usage(runtime: Runtime) -> None:
    """Put down what this process used of the vendors since the last time."""
    await put_down(runtime.database, runtime.usage)


async def forget_what_is_old(runtime: Runtime) -> dict[Kind, int]:
    """Forget what is older than the settings say and owes nothing, a little at a time; how many of each kind.

    Consents from which nobody came back are forgotten, too.
    """
    settings, database = runtime.settings, runtime.database
    await database.run(lambda conn: consents.forget(conn, database.now(conn) - consents.LIFE))
    kept = {
        Kind.CALLS: settings.calls_kept_days,
        Kind.EVENTS: settings.events_kept_days,
        Kind.PREVIEWS: settings.events_kept_days,
        Kind.HISTORY: settings.history_kept_days,
    }
    forgotten = {kind: await _forget(database, kind, timedelta(days=days)) for kind, days in kept.items()}
    if any(forgotten.values()):
        log.info(
            "upkeep.forgot",
            calls=forgotten[Kind.CALLS],
            events=forgotten[Kind.EVENTS],
            records=forgotten[Kind.PREVIEWS] + forgotten[Kind.HISTORY],
        )
    return forgotten


async def _forget(database: Database, kind: Kind, kept: timedelta) -> int:
    forgotten, some = 0, FORGOTTEN_AT_ONCE
    while some == FORGOTTEN_AT_ONCE:
        some = await database.run(
            lambda conn: retention.prune(conn, kind, database.now(conn) - kept, FORGOTTEN_AT_ONCE)
        )
        forgotten += some
    return forgotten
