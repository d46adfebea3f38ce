"""Reconcile: ask each system what changed since the cursor, and record it as events."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from app import accounts
from app.engine.events import Priority
from app.engine.look import AGAIN, reached_by
from app.engine.ports import Page
from app.engine.silence import SOON_SECONDS, is_silent
from app.errors import OutOfQuota, StoreUnavailable, Unreachable, VendorError
from app.log import told
from app.runtime import Runtime
from app.store import cursors, finds, progress, pushes, reads, reconciled, runs
from app.store.inbox import Recorded
from app.store.progress import Progress, Purpose
from app.store.reconciled import Came
from workers.belonging import require_place
from workers.pages import event_of, pusher_of, record
from workers.targets import Target, by_connection, lane_of, sharing, targets

CLAIM_SECONDS = 300.0
"""How long others leave an object alone that one worker reconciles."""

AGAIN_SECONDS = 60.0
"""How soon an object is read again that a vendor did not let us read to its end."""

OVERLAP = timedelta(minutes=2)
"""How far reconcile reaches back at least: it is to find what came late, and reading a row twice is free."""

DAY_SHARE = 0.1
"""The share of an organisation's daily calls that reconciling may take."""

log = structlog.get_logger("reconcile")


@dataclass(slots=True)
class Counts:
    """What one reconcile found: rows read, and events that were new."""

    records: int = 0
    events: int = 0

    def add(self, page: Page, recorded: Recorded) -> None:
        self.records += len(page.observations)
        self.events += recorded.accepted


def interval_seconds(shortest: float, daily_limit: int, objects: int) -> float:
    """How long to wait between two reconciles of an object, so that all take at most a tenth of the day's calls."""
    return max(shortest, 86_400 * objects / (daily_limit * DAY_SHARE))


async def reconcile_due(runtime: Runtime) -> None:
    """Reconcile every object whose time has come or whose scan was asked for.

    Each connection is read in its own time: one that answers slowly or not at all keeps no other waiting.
    """
    together = by_connection(targets(runtime.syncs))
    await asyncio.gather(*(_reconcile_in_turn(runtime, of_one) for of_one in together))


async def _reconcile_in_turn(runtime: Runtime, over_one_connection: Sequence[Target]) -> None:
    for target in over_one_connection:
        try:
            if await _claim(runtime, target):
                await reconcile(runtime, target)
        except StoreUnavailable as error:
            log.warning("reconcile.postponed", sync=target.sync.name, object=target.object, **told(error))


async def reconcile(runtime: Runtime, target: Target) -> Counts:
    """Read all that changed since the cursor and record it; the cursor moves only after the last page.

    A vendor's failure is recorded with the run, and the object is read on soon, from where it was left.
    """
    facts = {"crossbook.system": target.system.value, "crossbook.object": target.object}
    with runtime.tracer.span(f"reconcile {target.sync.name}", facts) as span:
        counts = await _reconcile(runtime, target, span.traceparent)
        span.note({"crossbook.records": counts.records, "crossbook.events": counts.events})
        return counts


async def _reconcile(runtime: Runtime, target: Target, trace: str | None) -> Counts:
    now = runtime.clock.now()
    run_id = await runtime.database.run(lambda conn: runs.start(conn, runs.RunKind.RECONCILE, target.sync.name, now))
    counts, error = Counts(), None
    try:
        await _read(runtime, target, counts, trace)
    except VendorError as failure:
        error = str(failure)
        await _postpone(runtime, target, failure)
    done = {"records": counts.records, "events": counts.events}
    await runtime.database.run(lambda conn: runs.finish(conn, run_id, done, error, runtime.clock.now()))
    log.info("reconcile.done", sync=target.sync.name, system=target.system, object=target.object, **done)
    return counts


async def _claim(runtime: Runtime, target: Target) -> bool:
    """Whether the object is to be read now, by us."""
    now = runtime.clock.now()
    until = now + timedelta(seconds=CLAIM_SECONDS)
    return await runtime.database.run(lambda conn: reconciled.begin(conn, target.cursor, now, until))


async def _postpone(runtime: Runtime, target: Target, failure: VendorError) -> None:
    soon = runtime.clock.now() + timedelta(seconds=AGAIN_SECONDS)
    until = failure.until if isinstance(failure, (OutOfQuota, Unreachable)) else None
    again_at = max(soon, until or soon)
    await runtime.database.run(lambda conn: cursors.advance(conn, *target.cursor, None, again_at))
    log.warning("reconcile.failed", sync=target.sync.name, object=target.object, **told(failure))


async def _read(runtime: Runtime, target: Target, counts: Counts, trace: str | None) -> None:
    await require_place(runtime, target.sync)
    looked_at = runtime.clock.now()
    connector = runtime.connectors(target.sync)[target.system]
    fields = lane_of(runtime, target).fields(target.system, target.object)
    left = await _taken_up(runtime, target, looked_at)
    position = left.begun_at
    start = await _start(runtime, target)
    since = left.reached - AGAIN if left.reached else start - max(connector.overlap, OVERLAP)
    if connector.deletions_kept and since < looked_at - connector.deletions_kept:
        await _read_everything(runtime, target, looked_at)
    ours_since = start - OVERLAP
    async for page in connector.changed(target.object, since, fields, Priority.RECONCILE, ours_since=ours_since):
        position = position or page.vendor_now
        events = [replace(event_of(runtime, target, seen), trace=trace) for seen in page.observations]
        came = Came(left.key, position, reached_by(page))
        counts.add(page, await record(runtime, target, page, events, looked_at, came))
    await _finish(runtime, target, position, left)


async def _taken_up(runtime: Runtime, target: Target, now: datetime) -> Progress:
    """How far the reading of what changed has come: begun now, unless an earlier one was stopped before its end."""
    key = (Purpose.CHANGES, *target.cursor)
    return await runtime.database.run(lambda conn: progress.take_up(conn, key, now))


async def _read_everything(runtime: Runtime, target: Target, now: datetime) -> None:
    """The system no longer knows what was deleted since the cursor: only who is missing among all tells it."""
    key = (Purpose.EVERYTHING, *target.cursor)
    if await runtime.database.run(lambda conn: reads.make_up(conn, key, now)):
        log.warning("reconcile.too_old", sync=target.sync.name, system=target.system, object=target.object)
        runtime.doorbell.ring_long_reads()


async def _start(runtime: Runtime, target: Target) -> datetime:
    """Up to where all was read, by the vendor's clock. Without a cursor that is now: history is not stirred up."""
    cursor = await runtime.database.read(lambda conn: cursors.get(conn, *target.cursor))
    position = cursor.position if cursor else None
    return position or runtime.clock.now()


async def _finish(runtime: Runtime, target: Target, position: datetime | None, left: Progress) -> None:
    limit = accounts.daily_limit(runtime.settings, target.sync, target.system)
    shortest = runtime.settings.reconcile_seconds
    if await _has_fallen_silent(runtime, target):
        shortest = min(shortest, SOON_SECONDS)
    pause = interval_seconds(shortest, limit, len(sharing(runtime, target)))
    now = runtime.clock.now()
    next_at = now + timedelta(seconds=pause)
    place = accounts.place(runtime.settings, target.sync)
    await runtime.database.run(
        lambda conn: reconciled.finish(
            conn, target.cursor, target.lanes, position, left=left, next_at=next_at, now=now, place=place
        )
    )


async def _has_fallen_silent(runtime: Runtime, target: Target) -> bool:
    """Whether pushes came once and do so no more. Who never pushed may be meant not to."""
    pusher, now = pusher_of(runtime, target), runtime.clock.now()
    heard, found = await runtime.database.read(lambda conn: (pushes.latest(conn), finds.standing(conn)))
    return bool(heard.keys() & set(pusher.heard_by)) and is_silent(target.system, found.get(pusher.connection), now)
