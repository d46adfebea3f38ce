"""Records that one worker carries a second, beside the empty jobs that its queue could do at most."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import structlog
from arq.worker import Worker, func

from app.cli.valkey import start_valkey
from app.clock import SystemClock
from app.engine.actions import Declined
from app.engine.records import System
from app.jobs import connect, dump, load
from app.mapping.model import Guard
from app.mapping.values import Fields
from app.store.database import Database
from tests.benchmarks.figure import Figure
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.world import World, accounts_sync

RUNS = 3
QUEUE = "benchmark"


def measure(records: int, jobs: int) -> list[Figure]:
    """The two in turn, and their ratio."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    pairs = [(asyncio.run(_carried(records)), _empty_jobs(jobs)) for _ in range(RUNS)]
    settings = (
        f"vendors in the process and instant, SQLite with fsync, {records:,} new accounts; "
        f"arq: {jobs:,} empty jobs, max_jobs 100, poll 0.01; median of {RUNS} pairs"
    )
    return [
        Figure("records carried a second", median(carried for carried, _ in pairs), "/s", settings),
        Figure("arq's empty jobs a second", median(empty for _, empty in pairs), "/s", settings),
        Figure("… their ratio", median(carried / empty for carried, empty in pairs), "", settings, at_least=1.0),
    ]


class RealTime(VirtualClock):
    """The time as it is, or as it was an hour ago: what is put off for a moment is due again after it."""

    ago = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() - self.ago


class InstantVendor(InterruptedVendor):
    """A vendor in memory that takes every name: looking through all others would cost more than is to be measured."""

    def _clash(self, object: str, id: str | None, fields: Fields) -> Declined | None:
        return None


class InstantWorld(World):
    """A world whose vendors answer at once."""

    def _meet_vendors(self) -> None:
        self.salesforce = InstantVendor(System.SALESFORCE, self.clock)
        self.xero = InstantVendor(System.XERO, self.clock)


async def _carried(records: int) -> float:
    """New accounts that are due become contacts; how many a second."""
    with TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite:///{Path(folder) / 'crossbook.db'}")
        await database.migrate()
        clock, sync = RealTime(), replace(accounts_sync(), guard=Guard(create=10 * records))
        world, clock.ago = InstantWorld(database, clock, sync), timedelta(hours=1)
        for number in range(records):
            world.salesforce.put("Account", None, {"Name": f"Customer {number}", "Phone": f"09 {number}"})
        events = [world.event(System.SALESFORCE, seen.ref.id) for seen in world.salesforce.all("Account")]
        clock.ago = timedelta()
        await world.record(*events)
        began = perf_counter()
        while len(world.xero.all("Contact")) < records:
            await world.drain()
        seconds = perf_counter() - began
        await database.close()
        return records / seconds


def _empty_jobs(jobs: int) -> float:
    with TemporaryDirectory() as folder:
        valkey = start_valkey(Path(folder))
        with valkey.child:
            return asyncio.run(_emptied(valkey.url, jobs))


async def _emptied(url: str, jobs: int) -> float:
    """A worker with nothing to do in each job, until the queue is empty; jobs a second."""
    queue = connect(url)
    for number in range(jobs):
        await queue.enqueue_job("nothing", _job_id=str(number), _queue_name=QUEUE)
    worker = Worker(
        [func(_nothing, name="nothing", keep_result=0)],
        queue_name=QUEUE,
        redis_pool=queue,
        burst=True,
        max_jobs=100,
        poll_delay=0.01,
        handle_signals=False,
        job_serializer=dump,
        job_deserializer=load,
    )
    began = perf_counter()
    await worker.async_run()
    seconds = perf_counter() - began
    await worker.close()
    return jobs / seconds


async def _nothing(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
    """Do nothing."""
