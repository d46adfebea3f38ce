"""Crossbook as it runs: a web process that the systems push to and a worker, together on one virtual loop."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

from app.main import create_app
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store.database import Database
from tests.support.oracle import check_end
from tests.support.simulated.systems import Systems
from tests.support.world import RecordedDoorbell
from workers.lanes import Drains
from workers.reconcile import reconcile_due
from workers.upkeep import ring_forgotten_lanes

A_MOMENT = 3.0
"""Seconds within which a change has arrived."""

POLL_SECONDS = 0.1
"""How soon a worker hears a doorbell."""

ROUNDS_SECONDS = 5.0
"""How often a worker looks for forgotten lanes, and for what is to be reconciled."""


@dataclass
class HeardDoorbell(RecordedDoorbell):
    """A doorbell that wakes whoever waits for it."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self, lane: str) -> None:
        super().ring(lane)
        self.rung.set()

    def ring_reconcile(self) -> None:
        super().ring_reconcile()
        self.rung.set()


class Crossbook:
    """Both processes. The worker answers doorbells and does its rounds while `run` lets time pass."""

    def __init__(self, database: Database, systems: Systems, syncs: Sequence[Sync]) -> None:
        self.database = database
        self.systems = systems
        self.doorbell = HeardDoorbell()
        self._numbers = count(1)
        self._by_name: Mapping[str, Sync] = {sync.name: sync for sync in syncs}
        self._working: set[asyncio.Task[object]] = set()
        self._rounds_at = 0.0
        self.restart()

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, systems: Systems, *syncs: Sync) -> "AsyncIterator[Crossbook]":
        """Both processes, pushed to by all systems until the block ends, and then looked at."""
        crossbook = cls(database, systems, syncs)
        app = create_app(crossbook._web)
        async with app.router.lifespan_context(app):
            systems.push_to(app)
            try:
                yield crossbook
                await check_end(crossbook.runtime, [*systems.orgs.values(), *systems.organisations.values()])
            finally:
                await systems.close()
                await crossbook._stop()

    def restart(self) -> None:
        """A new worker process, with nothing in its head."""
        self.runtime = self._runtime("worker-1")
        self._drains = Drains(self.runtime)

    async def run(self, seconds: float, rounds_seconds: float = ROUNDS_SECONDS) -> None:
        """Let `seconds` pass, while pushes arrive and the worker works and does its rounds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            self._answer_rings()
            if loop.time() >= self._rounds_at:
                self._rounds_at = loop.time() + rounds_seconds
                self._start(ring_forgotten_lanes(self.runtime))
                self._start(reconcile_due(self.runtime))
            await self._rung(min(until, self._rounds_at) - loop.time())
            self._raise_what_went_wrong()

    async def _rung(self, seconds: float) -> None:
        """Wait for a doorbell, and the moment that a worker takes to hear it; no longer than `seconds`."""
        self.doorbell.rung.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.doorbell.rung.wait()
                await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            pass

    def _answer_rings(self) -> None:
        rings, self.doorbell.rings = dict.fromkeys(self.doorbell.rings), []
        for lane in rings:
            self._start(reconcile_due(self.runtime) if lane == "reconcile" else self._drains.drain(lane))

    def _start(self, work: Coroutine[object, object, object]) -> None:
        self._working.add(asyncio.create_task(work))

    def _raise_what_went_wrong(self) -> None:
        for task in [task for task in self._working if task.done()]:
            self._working.discard(task)
            task.result()

    async def _stop(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _web(self) -> Runtime:
        return self._runtime("web-1")

    def _runtime(self, name: str) -> Runtime:
        return Runtime(
            settings=self.systems.settings,
            database=self.database,
            syncs=self._by_name,
            connections=self.systems.connections(self.database, name),
            doorbell=self.doorbell,
            clock=self.systems.clock,
            worker=name,
            new_id=lambda: f"{name}-{next(self._numbers)}",
            chance=lambda: 0.5,
        )


def named(sync: Sync, name: str, *, salesforce: str, xero: str) -> Sync:
    """The sync under another name and between other connections."""
    return replace(sync, name=name, salesforce=salesforce, xero=xero)
