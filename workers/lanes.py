"""Draining a lane: hold its lease and carry its due records, batch by batch, until none is left."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from app.engine.apply import HELD, Deferred
from app.engine.bench import Bench
from app.engine.events import Priority
from app.engine.lane import Lane
from app.engine.ledger import Lease
from app.engine.memory import LaneMemory
from app.engine.records import System
from app.errors import LeaseLost, StoreUnavailable
from app.log import told
from app.runtime import Runtime
from app.store import leases
from workers.belonging import displaced
from workers.carrying import carry_traced
from workers.fitted import ASK_AGAIN_AFTER, UNFIT, Fits
from workers.held import HeldLease, LeasedConnector
from workers.telling import TellingMemory

BATCHES_IN_FLIGHT = 5
"""How many disjoint batches of a lane are carried at the same time."""

BACKFILLS_IN_FLIGHT = 2
"""How many of these may be of backfill, so that what is live finds room at once, and time of the processor. While
something live is carried it is one.
"""

DRAIN_SECONDS = 10.0
"""After so long a drain takes no further batch, rings for itself and makes room for other lanes."""

BACKFILL_SECONDS = 8.0
"""After so long it takes no further batch of backfill: what is live finds a place until the last of them have ended."""

SOON_SECONDS = 90.0
"""A lane that is parked for no longer is rung when its time comes; upkeep looks for the others."""

POLL_SECONDS = 0.5
"""How often a drain that waits for a vendor looks whether more is due."""

log = structlog.get_logger("lanes")


class Drains:
    """The drains of this process: at most one a lane, however often its doorbell rings.

    A lease is taken again at once by the same worker, so a second drain here would rob the first. A ring that comes
    while one is under way is passed on when it has ended: by a job of its own, as a job has only so much time.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._fits = Fits(runtime.clock)
        self._bells: dict[str, _Bell] = {}

    async def drain(self, lane: str) -> None:
        """Drain `lane`, unless that is being done here already: then the drain looks at once what is new."""
        if lane in self._bells:
            self._bells[lane].ring()
            return
        self._bells[lane] = _Bell()
        try:
            parked = await drain(self.runtime, lane, self._fits, self._bells[lane])
        finally:
            if self._bells.pop(lane).was_rung:
                self.runtime.doorbell.ring(lane)
        if parked:
            self._ring_at(lane, parked.until)

    def _ring_at(self, lane: str, until: datetime) -> None:
        """Ring once a short wait is over: a call of the minute frees to the second, and nobody sleeps on it."""
        seconds = (until - self.runtime.clock.now()).total_seconds()
        if seconds <= SOON_SECONDS:
            asyncio.get_running_loop().call_later(max(0.0, seconds), self.runtime.doorbell.ring, lane)


class _Bell:
    """The doorbell of a lane that is being drained here."""

    def __init__(self) -> None:
        self.was_rung = False
        self._rings = asyncio.Event()

    def ring(self) -> None:
        """Something may have become due."""
        self.was_rung = True
        self._rings.set()

    async def heard(self) -> None:
        """Return when it rings, or has rung since this was asked the last time."""
        await self._rings.wait()
        self._rings.clear()


async def drain(runtime: Runtime, lane_name: str, fits: Fits, bell: _Bell) -> Deferred | None:
    """Drain a lane, if it exists and no other worker does; why and until when it is parked, if it is.

    Losing the lease or the database ends it without harm.
    """
    lane = runtime.lanes.get(lane_name)
    if lane is None:
        log.warning("lane.unknown", lane=lane_name)
        return None
    granted_from = asyncio.get_running_loop().time()
    try:
        lease = await _take(runtime, lane_name)
        if lease:
            held = HeldLease(lease, runtime.settings.lease_seconds, granted_from)
            return await _drain_held(runtime, lane, held, fits, bell)
    except (LeaseLost, StoreUnavailable) as error:
        log.warning("lane.left", lane=lane_name, **told(error))
    return None


async def _drain_held(runtime: Runtime, lane: Lane, held: HeldLease, fits: Fits, bell: _Bell) -> Deferred | None:
    memory = TellingMemory(runtime.database, held.lease, lane.sync.guard, runtime.clock, runtime.tracer)
    bench = _bench(runtime, lane, memory, held)
    async with held.kept(lambda ours: _renew(runtime, ours)):
        if why := await displaced(runtime, lane.sync, held.lease):
            elsewhere = Deferred(runtime.clock.now() + ASK_AGAIN_AFTER, why, parks=True, code=UNFIT)
            return await _Drain(runtime, held.lease, memory, bench, bell, parked=elsewhere).run()
        fitted = await fits.fitted(lane, bench.connectors[System.SALESFORCE])
        if isinstance(fitted, Deferred):
            return await _Drain(runtime, held.lease, memory, bench, bell, parked=fitted).run()
        return await _Drain(runtime, held.lease, memory, replace(bench, lane=fitted), bell).run()


async def _take(runtime: Runtime, lane: str) -> Lease | None:
    database, settings = runtime.database, runtime.settings
    return await database.run(
        lambda conn: leases.take(conn, lane, runtime.worker, database.now(conn), settings.lease_seconds)
    )


async def _renew(runtime: Runtime, lease: Lease) -> Lease | None:
    database, seconds = runtime.database, runtime.settings.lease_seconds
    return await database.run(lambda conn: leases.renew(conn, lease, database.now(conn), seconds))


def _bench(runtime: Runtime, lane: Lane, memory: LaneMemory, held: HeldLease) -> Bench:
    seconds = runtime.settings.call_timeout_seconds
    connectors = {
        system: LeasedConnector(connector, held, seconds) for system, connector in runtime.connectors(lane.sync).items()
    }
    return Bench(lane, connectors, memory, runtime.clock, runtime.new_id, runtime.chance, runtime.tracer.span)


@dataclass(slots=True)
class _Drain:
    """One drain: several batches in flight, until nothing is due, a vendor says stop, or time is up."""

    runtime: Runtime
    lease: Lease
    memory: LaneMemory
    bench: Bench
    bell: _Bell
    running: set[asyncio.Task[Deferred | None]] = field(default_factory=set[asyncio.Task[Deferred | None]])
    backfilling: set[asyncio.Task[Deferred | None]] = field(default_factory=set[asyncio.Task[Deferred | None]])
    parked: Deferred | None = None

    async def run(self) -> Deferred | None:
        """Drain; why the lane is parked now, if it is."""
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        try:
            while True:
                seconds = loop.time() - began_at
                self._go_on_after_a_park()
                if seconds < DRAIN_SECONDS and not self.parked:
                    await self._start_batches(backfill=seconds < BACKFILL_SECONDS)
                if self.running:
                    await self._await_a_batch()
                elif await self._let_go(timely=seconds < BACKFILL_SECONDS):
                    return self.parked
        finally:
            await self._stop()

    def _go_on_after_a_park(self) -> None:
        """A park may be over while the last batches are still under way."""
        if self.running and self.parked and self.parked.code != HELD and self.parked.until <= self.bench.clock.now():
            self.parked = None

    async def _start_batches(self, *, backfill: bool) -> None:
        while len(self.running) < BATCHES_IN_FLIGHT:
            since = self.runtime.tracer.now()
            self.backfilling &= self.running
            is_live = len(self.running) > len(self.backfilling)
            room = backfill and len(self.backfilling) < (1 if is_live else BACKFILLS_IN_FLIGHT)
            batch = await self.memory.claim(self.runtime.settings.batch_size, backfill=room)
            if not batch:
                return
            carried = carry_traced(self.bench, batch, self.runtime.tracer, since)
            task = asyncio.create_task(carried, name=f"batch of {self.lease.lane}")
            self.running.add(task)
            if batch[0].priority is Priority.BACKFILL:
                self.backfilling.add(task)

    async def _await_a_batch(self) -> None:
        for task in await self._ended():
            deferred = task.result()
            if deferred and deferred.rests:
                await self.memory.rest_backfill(deferred.until)
            else:
                self.parked = _sooner(self.parked, deferred)

    async def _ended(self) -> set[asyncio.Task[Deferred | None]]:
        """The batches that have ended, once one has, or the bell rings, or it is time to look what else is due."""
        rung = asyncio.create_task(self.bell.heard())
        try:
            await asyncio.wait({*self.running, rung}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()
        ended = {task for task in self.running if task.done()}
        self.running -= ended
        return ended

    async def _let_go(self, *, timely: bool) -> bool:
        """Leave the lane parked, idle, or to whoever comes next. False when something became due meanwhile."""
        database = self.runtime.database
        if self.parked and self.parked.code == HELD:
            log.warning("lane.held", lane=self.lease.lane)
            await database.run(lambda conn: leases.release(conn, self.lease))
            return True
        if self.parked:
            await self.memory.park(self.parked.until, self.parked.why)
            until = self.parked.until.isoformat()
            log.warning("lane.parked", lane=self.lease.lane, until=until, code=self.parked.code or self.parked.kind)
            return True
        if await database.run(lambda conn: leases.release_if_idle(conn, self.lease, database.now(conn))):
            return True
        if timely:
            return False
        await database.run(lambda conn: leases.release(conn, self.lease))
        self.runtime.doorbell.ring(self.lease.lane)
        return True

    async def _stop(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def _sooner(one: Deferred | None, other: Deferred | None) -> Deferred | None:
    """The reason that ends first: what it held up may go on then, and the rest is told anew."""
    return min((each for each in (one, other) if each), key=lambda each: each.until, default=None)
