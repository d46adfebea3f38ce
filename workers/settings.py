"""The worker process, as arq reads it: one flat class, for inherited attributes are silently ignored.

Retries, order and priorities live in the database; a job here is a doorbell. So a job gets one try, keeps no result,
and what the queue loses is rung again by upkeep.
"""

import asyncio
import logging
from typing import ClassVar

import structlog
from arq import cron, func
from arq.cron import CronJob
from arq.worker import Function

from app.collector import spare_what_lasts
from app.errors import ConfigurationError
from app.jobs import DRAIN, LONG_READS, QUEUE, RECONCILE, dump, load
from app.log import configure_logging, speak_for_python
from app.notifying import SECONDS, Postman
from app.runtime import Runtime
from app.settings import load_settings
from workers.lanes import Drains
from workers.long_reads import read_on
from workers.notices import tell
from workers.queue import open_queue
from workers.reconcile import reconcile_due
from workers.upkeep import forget_what_is_old, put_down_usage, ring_forgotten_lanes

RECONCILE_SECONDS = 280
"""Longest that one reconcile may take; others leave its objects alone a little longer."""

LONG_READ_SECONDS = 280
"""Longest that one piece of a long read may take; others leave it alone a little longer."""

LEAVING_SECONDS = 42
"""How long a worker that is told to stop waits for its jobs: a drain's last batch with its look and its write."""

NOTICE_SECONDS = 2 * SECONDS + 30
"""Longest that telling what is wrong may take: a message and a digest."""

Context = dict[str, Drains]
"""What arq hands to every job: under `drains`, the drains of this process and their runtime."""


log = structlog.get_logger("worker")


async def startup(ctx: Context) -> None:
    """Open the runtime; the database is migrated before the first job."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    speak_for_python()
    logging.getLogger("arq.worker").setLevel(logging.WARNING)  # it tells of every look for work, twice
    try:
        ctx["drains"] = Drains(await Runtime.open(settings))
    except ConfigurationError as error:
        log.critical("worker.misconfigured", reason=str(error))
        raise
    spare_what_lasts()
    log.info("worker.ready", owner=ctx["drains"].runtime.worker)


async def shutdown(ctx: Context) -> None:
    """Close the runtime, if it ever opened."""
    drains = ctx.get("drains")
    if drains:
        log.info("worker.leaves", owner=drains.runtime.worker)
        await drains.runtime.close()


async def drain(ctx: Context, lane: str) -> None:
    """Drain one lane."""
    await ctx["drains"].drain(lane)


async def reconcile(ctx: Context) -> None:
    """Read what the pushes may have missed."""
    await reconcile_due(ctx["drains"].runtime)


async def long_reads(ctx: Context) -> None:
    """Go on with backfills and other reads of everything."""
    await read_on(ctx["drains"].runtime)


async def upkeep(ctx: Context) -> None:
    """Ring forgotten lanes and put down what was used."""
    runtime = ctx["drains"].runtime
    await ring_forgotten_lanes(runtime)
    await put_down_usage(runtime)


async def forget(ctx: Context) -> None:
    """Forget what was sent long ago."""
    await forget_what_is_old(ctx["drains"].runtime)


async def keep_tokens_alive(ctx: Context) -> None:
    """Renew tokens that nobody uses."""
    await ctx["drains"].runtime.connections.keep_alive()


async def notices(ctx: Context) -> None:
    """Tell people what is wrong, and what is so no more."""
    runtime = ctx["drains"].runtime
    postman = await asyncio.to_thread(Postman, runtime.settings.notice_urls)  # loads all of Apprise the first time
    await tell(runtime, postman.send)


class WorkerSettings:
    """`arq workers.settings.WorkerSettings`."""

    functions: ClassVar[list[Function]] = [
        func(drain, name=DRAIN),
        func(reconcile, name=RECONCILE, timeout=RECONCILE_SECONDS),
        func(long_reads, name=LONG_READS, timeout=LONG_READ_SECONDS),
    ]
    cron_jobs: ClassVar[list[CronJob]] = [
        cron(upkeep, second=set(range(0, 60, 5)), timeout=60),
        cron(keep_tokens_alive, minute=17, second=33, timeout=300),
        cron(forget, minute=41, second=12, timeout=300),
        cron(notices, second=48, timeout=NOTICE_SECONDS),
        cron(long_reads, second=set(range(4, 60, 5)), timeout=LONG_READ_SECONDS),
        cron(reconcile, second=set(range(2, 60, 5)), timeout=RECONCILE_SECONDS),
    ]
    queue_name = QUEUE
    redis_pool = open_queue(load_settings().redis_url)
    on_startup = startup
    on_shutdown = shutdown
    job_serializer = dump
    job_deserializer = load
    poll_delay = 0.01
    max_jobs = 20
    max_tries = 1
    retry_jobs = False
    keep_result = 0
    job_timeout = 60
    job_completion_wait = LEAVING_SECONDS
    health_check_interval = 15
    allow_abort_jobs = False
