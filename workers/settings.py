"""The worker process, as arq reads it: one flat class, for inherited attributes are silently ignored.

Retries, order and priorities live in the database; a job here is a doorbell. So a job gets one try, keeps no result,
and what the queue loses is rung again by upkeep.
"""

from typing import ClassVar

from arq import cron, func
from arq.connections import RedisSettings
from arq.cron import CronJob
from arq.worker import Function
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.jobs import DRAIN, QUEUE, RECONCILE, dump, load
from app.log import configure_logging
from app.runtime import Runtime
from app.settings import load_settings
from workers.lanes import Drains
from workers.reconcile import reconcile_due
from workers.upkeep import ring_forgotten_lanes

RECONNECT_TRIES = 700
"""How often a lost Redis is tried again, a second apart at the end: longer than ten minutes."""


RECONCILE_SECONDS = 280
"""Longest that one reconcile may take; others leave its objects alone a little longer."""

Context = dict[str, Drains]
"""What arq hands to every job: under `drains`, the drains of this process and their runtime."""


async def startup(ctx: Context) -> None:
    """Open the runtime; the database is migrated before the first job."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    ctx["drains"] = Drains(await Runtime.open(settings))


async def shutdown(ctx: Context) -> None:
    """Close the runtime."""
    await ctx["drains"].runtime.close()


async def drain(ctx: Context, lane: str) -> None:
    """Drain one lane."""
    await ctx["drains"].drain(lane)


async def reconcile(ctx: Context) -> None:
    """Read what the pushes may have missed."""
    await reconcile_due(ctx["drains"].runtime)


async def upkeep(ctx: Context) -> None:
    """Ring forgotten lanes."""
    await ring_forgotten_lanes(ctx["drains"].runtime)


def redis_settings(url: str) -> RedisSettings:
    """How to reach Redis, and to keep trying when it is away: the worker must outlive it."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = RECONNECT_TRIES
    settings.retry = Retry(ExponentialBackoff(cap=1.0, base=0.05), RECONNECT_TRIES)
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    settings.retry_on_timeout = True
    return settings


class WorkerSettings:
    """`arq workers.settings.WorkerSettings`."""

    functions: ClassVar[list[Function]] = [
        func(drain, name=DRAIN),
        func(reconcile, name=RECONCILE, timeout=RECONCILE_SECONDS),
    ]
    cron_jobs: ClassVar[list[CronJob]] = [
        cron(upkeep, second=set(range(0, 60, 5)), timeout=60),
        cron(reconcile, second=set(range(2, 60, 5)), timeout=RECONCILE_SECONDS),
    ]
    queue_name = QUEUE
    redis_settings = redis_settings(load_settings().redis_url)
    on_startup = startup
    on_shutdown = shutdown
    job_serializer = dump
    job_deserializer = load
    poll_delay = 0.1
    max_jobs = 20
    max_tries = 1
    retry_jobs = False
    keep_result = 0
    job_timeout = 60
    job_completion_wait = 30
    health_check_interval = 15
    allow_abort_jobs = False
