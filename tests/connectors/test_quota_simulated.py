"""No limit of Xero's is ever broken by us: two processes, a Redis that forgets, slow ways and minutes of any phase."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import cast

import pytest
from redis.asyncio import Redis

from app.connectors.app_quota import AppQuota
from app.connectors.quota import Flight, Limit, Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import SharedStore
from app.engine.events import Priority
from app.errors import OutOfQuota
from app.simulator.xero.limits import MINUTE, LimitBroken, Window
from app.simulator.xero.limits import Limits as VendorLimits
from tests.support.redis_twin import RedisTwin
from tests.support.virtual_loop import LoopClock, run_virtually

PROCESSES = 2
ORGANISATIONS = ("nz", "au")
MINUTES = 6
FLIGHT_SECONDS = 20.0
LONGEST_WAY_SECONDS = 2.0


@dataclass
class Story:
    """Three callers in each of two processes want all they can get of two organisations.

    `app_minute` is what Xero allows the app over both organisations, `emptied` lets Redis forget now and then.
    """

    seed: int
    emptied: bool = False
    app_minute: int = 10_000
    daily: int = 5000
    served: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])

    def run(self) -> "Story":
        """This story, told to its end."""
        run_virtually(self._happen)
        return self

    async def _happen(self) -> None:
        self.random, self.clock = Random(self.seed), LoopClock()
        self.twin, self.ends_at = RedisTwin(self.clock), self.clock.now() + MINUTES * MINUTE
        vendor = dict(zip(ORGANISATIONS, self._vendor(), strict=True))
        quotas = [(name, quota) for process in self._processes() for name, quota in process.items()]
        callers = [self._call(name, quota, vendor[name]) for name, quota in quotas for _ in range(3)]
        await asyncio.gather(self._forget(), *callers)

    def _vendor(self) -> Iterator[VendorLimits]:
        app = Window("appminute", self.app_minute, MINUTE, self.random.uniform(0, 60))
        for _ in ORGANISATIONS:
            yield VendorLimits(self.clock, self.daily, app, phase_seconds=self.random.uniform(0, 86_400))

    def _processes(self) -> Iterator[dict[str, Quota]]:
        for number in range(PROCESSES):
            new_id = map(f"{number}-{{}}".format, count()).__next__
            app_limits = Limits(minute=self.app_minute, flight_seconds=FLIGHT_SECONDS)
            app = AppQuota(self._store(number, "app", app_limits))
            limits = Limits(day=self.daily, flight_seconds=FLIGHT_SECONDS)
            yield {name: Quota(self._store(number, name, limits), self.clock, new_id, app) for name in ORGANISATIONS}

    def _store(self, number: int, key: str, limits: Limits) -> SharedStore:
        redis, process = cast("Redis", self.twin), f"worker-{number}"
        return SharedStore(redis, key, limits, self.clock, process=process, processes=PROCESSES)

    async def _forget(self) -> None:
        while self.emptied and self.clock.now() < self.ends_at:
            await self.clock.sleep(self.random.uniform(60, 200))
            self.twin.empty()

    async def _call(self, name: str, quota: Quota, vendor: VendorLimits) -> None:
        while (now := self.clock.now()) < self.ends_at:
            try:
                async with quota.flight(Priority.PUSH) as flight:
                    await self._exchange(name, flight, vendor)
            except OutOfQuota as out:
                await self.clock.sleep(max(0.01, (out.until - now).total_seconds()))

    async def _exchange(self, name: str, flight: Flight, vendor: VendorLimits) -> None:
        await self._travel()
        try:
            with vendor.call():
                await self.clock.sleep(0.3)
            self.served[name] += 1
        except LimitBroken as broken:
            self.refused[broken.problem] += 1
            flight.broken, flight.park_seconds = Limit(broken.problem), 60
        said = {header: int(left) for header, left in vendor.headers().items()}
        await self._travel()
        flight.heard = True
        flight.minute_left, flight.day_left = said["X-MinLimit-Remaining"], said["X-DayLimit-Remaining"]
        flight.app_minute_left = said["X-AppMinLimit-Remaining"]

    async def _travel(self) -> None:
        await self.clock.sleep(self.random.uniform(0, LONGEST_WAY_SECONDS))


@pytest.mark.parametrize("seed", range(2))
def test_the_minute_is_used_nearly_whole_and_never_broken(seed: int) -> None:
    story = Story(seed).run()
    assert not story.refused
    assert min(story.served[name] for name in ORGANISATIONS) > 0.85 * 60 * MINUTES


@pytest.mark.parametrize("seed", range(2))
def test_a_redis_that_forgets_breaks_nothing_and_hardly_slows_us_down(seed: int) -> None:
    story = Story(seed, emptied=True).run()
    assert not story.refused
    assert min(story.served[name] for name in ORGANISATIONS) > 0.85 * 60 * MINUTES


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("emptied", [False, True])
def test_what_the_app_may_call_in_all_organisations_is_never_broken(seed: int, *, emptied: bool) -> None:
    story = Story(seed, emptied=emptied, app_minute=80).run()
    assert not story.refused
    assert sum(story.served.values()) > 0.8 * 80 * MINUTES


@pytest.mark.parametrize("seed", range(2))
def test_the_day_is_never_broken(seed: int) -> None:
    story = Story(seed, daily=200).run()
    assert not story.refused
    assert max(story.served.values()) <= 200
