"""The queue as the worker looks into it: a Redis that goes away, at whatever moment, ends no worker."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, WatchError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.typing import KeyT

from app.jobs import QUEUE, dump, load

RECONNECT_TRIES = 700
"""How often a lost Redis is tried again, a second apart at the end: longer than ten minutes."""

RECONNECT_TOLD = 10
"""Every how many of these tries the log says that Redis is away."""

CONNECT_SECONDS = 1.0

Answer = TypeVar("Answer")

log = structlog.get_logger("worker")


class ToldRetry(Retry):
    """Tries again and says so, the first time and then every `RECONNECT_TOLD` times."""

    async def call_with_retry(
        self, do: Callable[[], Awaitable[Answer]], fail: Callable[[RedisError], Awaitable[None]]
    ) -> Answer:
        times = count()

        async def tell(error: RedisError) -> None:
            if next(times) % RECONNECT_TOLD == 0:
                log.warning("redis.away", reason=type(error).__name__)
            await fail(error)

        return await super().call_with_retry(do, tell)


class _Pipeline(Pipeline):
    """A transaction of arq's, which asks about a key that it watches and expects no watch to be lost meanwhile.

    redis-py tells of a connection that is lost there by `WatchError`, which arq catches one step later only: here it
    would end the worker. Answered is what lets arq leave the job to others: the key is taken, the job not in the queue.
    Whatever is still there is seen at the next look.
    """

    async def immediate_execute_command(self, *args: object, **options: object) -> object:
        ask: Callable[..., Awaitable[object]] = super().immediate_execute_command
        try:
            return await ask(*args, **options)
        except WatchError:
            return 1 if args[0] == "EXISTS" else None


class Queue(ArqRedis):
    """The queue, looked into by a worker."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - redis-py's form
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    async def delete(self, *names: KeyT) -> int:
        """Take keys away, if Redis is there: arq does so when the worker leaves, which waits for nobody then."""
        take: Callable[..., Awaitable[int]] = super().delete
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await take(*names)
        except (TimeoutError, RedisError):
            return 0


def open_queue(url: str) -> Queue:
    """The queue at `url`, not connected yet: it keeps trying when Redis is away, as the worker must outlive it."""
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=ToldRetry(ExponentialBackoff(cap=1.0, base=0.05), RECONNECT_TRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError, OSError],
        retry_on_timeout=True,
    )
    return Queue(pool, job_serializer=dump, job_deserializer=load, default_queue_name=QUEUE)
