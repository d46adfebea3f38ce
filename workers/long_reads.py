"""Long reads: everything of an object, a piece at a time, so that whatever stops it costs one page.

A long read observes and makes due. It writes to no vendor and holds no lease: the lanes do the rest, last of all.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app import accounts
from app.engine.events import Event, Kind, Origin, Priority
from app.engine.look import AGAIN, reached_by
from app.engine.ports import Page
from app.engine.records import RecordRef, System
from app.errors import OutOfQuota, StoreUnavailable, VendorError
from app.log import told
from app.runtime import Runtime
from app.store import inbox, progress, reads, states
from app.store.progress import Progress, Purpose
from app.store.reconciled import Came
from workers.belonging import require_place
from workers.pages import event_of, record
from workers.reconcile import AGAIN_SECONDS
from workers.targets import Target, targets

PIECE_SECONDS = 15.0
"""After so long a piece ends with its page, and makes room for other work of the process: unless it would begin again
where it began, as many records may have changed in the same second.
"""

CLAIM_SECONDS = 300.0
"""How long others leave a read alone that one worker goes on with."""

log = structlog.get_logger("long_reads")


async def read_on(runtime: Runtime) -> None:
    """Go on with every long read whose time has come, each connection in its own time."""
    by_connection: defaultdict[tuple[System, str], list[tuple[Progress, Target]]] = defaultdict(list)
    known = {target.cursor: target for target in targets(runtime.syncs)}
    for left in await _under_way(runtime):
        target = known.get((left.sync, left.system, left.object))
        if target:
            by_connection[target.connection].append((left, target))
        else:
            await _end(runtime, left, "the sync file no longer names it")
    await asyncio.gather(*(_in_turn(runtime, of_one) for of_one in by_connection.values()))


async def _under_way(runtime: Runtime) -> tuple[Progress, ...]:
    try:
        return await runtime.database.read(lambda conn: progress.under_way(conn, Purpose.BACKFILL, Purpose.EVERYTHING))
    except StoreUnavailable as error:
        log.warning("long_read.postponed", **told(error))
        return ()


async def _in_turn(runtime: Runtime, over_one_connection: Sequence[tuple[Progress, Target]]) -> None:
    for left, target in over_one_connection:
        try:
            if taken := await _claim(runtime, left):
                await _piece(runtime, taken, target)
        except StoreUnavailable as error:
            log.warning("long_read.postponed", sync=target.sync.name, object=target.object, **told(error))


async def _claim(runtime: Runtime, left: Progress) -> Progress | None:
    now = runtime.clock.now()
    until = now + timedelta(seconds=CLAIM_SECONDS)
    return await runtime.database.run(lambda conn: progress.claim(conn, left.key, now, until))


async def _piece(runtime: Runtime, left: Progress, target: Target) -> None:
    """Read on until the piece is over, the object is, or the vendor says stop."""
    try:
        done = await _pages(runtime, left, target)
    except VendorError as failure:
        await _postpone(runtime, left, failure)
        return
    if not done:
        await runtime.database.run(lambda conn: progress.postpone(conn, left.key, runtime.clock.now()))
        runtime.doorbell.ring_long_reads()
        return
    if left.purpose is Purpose.EVERYTHING:
        await _look_for_the_unseen(runtime, left, target)
    await _end(runtime, left)


async def _pages(runtime: Runtime, left: Progress, target: Target) -> bool:
    """Commit page after page; whether the last one was among them."""
    await require_place(runtime, target.sync)
    loop = asyncio.get_running_loop()
    until, looked_at, began_at = loop.time() + PIECE_SECONDS, runtime.clock.now(), left.begun_at
    connector = runtime.connectors(target.sync)[target.system]
    since = left.reached - AGAIN if left.reached else None
    fields = runtime.lanes[target.lanes[0]].fields(target.system, target.object)
    async for page in connector.changed(target.object, since, fields, Priority.BACKFILL):
        began_at = began_at or page.vendor_now
        came = Came(left.key, began_at, reached_by(page))
        began = loop.time()
        await record(runtime, target, page, _events(runtime, left, target, page), looked_at, came)
        if loop.time() > until and not page.last and _has_come_on(left, came):
            return False
        await asyncio.sleep(loop.time() - began)  # as long as it took to keep, the store is left to what is live
    return True


def _has_come_on(left: Progress, came: Came) -> bool:
    """Whether the next piece begins later than this one did."""
    return came.reached is not None and (left.reached is None or came.reached - AGAIN > left.reached)


def _events(runtime: Runtime, left: Progress, target: Target, page: Page) -> list[Event]:
    """A backfill makes everything due, once a run. Who looks only for what is missing leaves history alone."""
    if left.purpose is Purpose.EVERYTHING:
        return []
    events = (event_of(runtime, target, seen) for seen in page.observations)
    return [replace(each, key=_key(left, each.record_id or ""), origin=Origin.BACKFILL) for each in events]


def _key(left: Progress, record_id: str) -> str:
    return f"{left.purpose}:{left.asked_at.isoformat()}:{left.sync}:{left.system}:{left.object}:{record_id}"


async def _look_for_the_unseen(runtime: Runtime, left: Progress, target: Target) -> None:
    """Records that the system no longer shows are looked at one by one: that tells what became of them."""
    account, last = accounts.account(runtime.settings, target.sync, target.system), ""
    while refs := await _unseen(runtime, left, last):
        await _make_due(runtime, [_missing(left, account, ref) for ref in refs])
        last = refs[-1].id


async def _unseen(runtime: Runtime, left: Progress, after_id: str) -> tuple[RecordRef, ...]:
    cursor = (left.sync, left.system, left.object)
    return await runtime.database.read(
        lambda conn: states.unseen_since(conn, *cursor, left.asked_at, after_id=after_id)
    )


async def _make_due(runtime: Runtime, events: Sequence[Event]) -> None:
    routes, now = runtime.routes, runtime.clock.now()
    recorded = await runtime.database.run(lambda conn: inbox.record(conn, events, routes, now))
    for lane in recorded.lanes:
        runtime.doorbell.ring(lane)


def _missing(left: Progress, account: str, ref: RecordRef) -> Event:
    return Event(_key(left, ref.id), ref.system, account, ref.object, ref.id, Kind.CHANGED, Origin.RECONCILE)


async def _postpone(runtime: Runtime, left: Progress, failure: VendorError) -> None:
    soon = runtime.clock.now() + timedelta(seconds=AGAIN_SECONDS)
    again_at = max(runtime.clock.now(), failure.until) if isinstance(failure, OutOfQuota) else soon
    await runtime.database.run(lambda conn: progress.postpone(conn, left.key, again_at))
    log.warning("long_read.stopped", sync=left.sync, object=left.object, **told(failure))


async def _end(runtime: Runtime, left: Progress, why: str | None = None) -> None:
    """Close the read, and its run with the last of its reads."""
    now: datetime = runtime.clock.now()
    await runtime.database.run(lambda conn: reads.end(conn, left.key, now, why))
    log.info("long_read.done", purpose=left.purpose, sync=left.sync, system=left.system, object=left.object, reason=why)
