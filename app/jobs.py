"""The doorbell: tells a worker that a lane has work. The only file in the app that knows there is a queue.

A job carries a lane's name and nothing else. Losing one costs seconds, never work: the rows are the promise.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Protocol

import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

DRAIN = "drain"
"""The job that drains a lane; its one argument is the lane's name."""

RECONCILE = "reconcile"
"""The job that reads what pushes may have missed; it has no arguments."""

LONG_READS = "long_reads"
"""The job that goes on with backfills and other reads of everything; it has no arguments."""

QUEUE = "crossbook:queue"
"""The list that workers poll."""

RING_LIMIT_SECONDS = 1.0
"""How long a ring may take before it is given up."""

PAUSE_SECONDS = 0.05
"""A lane is rung at most once in this time."""

Job = tuple[str, ...]
"""A job's name and its arguments."""

log = structlog.get_logger("jobs")


class Doorbell(Protocol):
    """Whatever can ring for a lane."""

    def ring(self, lane: str) -> None:
        """Say that `lane` has work, in the background; never waits, never fails."""
        ...

    def ring_reconcile(self) -> None:
        """Say that somebody waits for a scan; else workers look for that every few seconds."""
        ...

    def ring_long_reads(self) -> None:
        """Say that somebody asked for a backfill; else workers look for that every few seconds."""
        ...


def dump(job: dict[str, object]) -> bytes:
    """A job as JSON: whoever can write to Redis must not be able to run code in a worker."""
    return json.dumps(job).encode()


def load(data: bytes) -> dict[str, object]:
    """What `dump` was given."""
    job: dict[str, object] = json.loads(data)
    return job


def connect(redis_url: str) -> ArqRedis:
    """A queue client that has not connected yet and gives up at once when Redis is away."""
    pool = ConnectionPool.from_url(
        redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=RING_LIMIT_SECONDS,
        socket_timeout=RING_LIMIT_SECONDS,
    )
    return ArqRedis(pool, job_serializer=dump, job_deserializer=load, default_queue_name=QUEUE)


async def worker_told(redis_url: str) -> bool | None:
    """Whether a worker has told in the queue, in the last quarter of a minute, that it is well; None without Redis."""
    queue = connect(redis_url)
    try:
        return bool(await queue.exists(f"{QUEUE}:health-check"))
    except (RedisError, OSError):
        return None
    finally:
        await queue.aclose(close_connection_pool=True)


class QueueDoorbell:
    """Rings through the queue, at most once a lane in `PAUSE_SECONDS`, each ring with an id of its own.

    The queue silently refuses a job whose id it knows, so no id is ever used twice.
    """

    def __init__(self, queue: ArqRedis, new_id: Callable[[], str]) -> None:
        self._queue = queue
        self._new_id = new_id
        self._ringing: dict[Job, asyncio.Task[None]] = {}
        self._again: set[Job] = set()

    def ring(self, lane: str) -> None:
        self._start((DRAIN, lane))

    def ring_reconcile(self) -> None:
        self._start((RECONCILE,))

    def ring_long_reads(self) -> None:
        self._start((LONG_READS,))

    async def close(self) -> None:
        """Let the rings under way end, then let go of Redis."""
        await asyncio.gather(*self._ringing.values(), return_exceptions=True)
        await self._queue.aclose(close_connection_pool=True)

    def _start(self, job: Job) -> None:
        if job in self._ringing:
            self._again.add(job)
            return
        self._ringing[job] = asyncio.create_task(self._ring(job), name=f"ring {' '.join(job)}")

    async def _ring(self, job: Job) -> None:
        try:
            while True:
                await self._enqueue(job)
                await asyncio.sleep(PAUSE_SECONDS)
                if job not in self._again:
                    return
                self._again.discard(job)
        finally:
            del self._ringing[job]

    async def _enqueue(self, job: Job) -> None:
        try:
            async with asyncio.timeout(RING_LIMIT_SECONDS):
                await self._queue.enqueue_job(*job, _job_id=self._new_id())
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("doorbell.missed", target=" ".join(job), reason=type(error).__name__)
