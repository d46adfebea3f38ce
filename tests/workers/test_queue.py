"""Whatever a worker asks of its queue, it outlives a connection that is lost meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from arq.worker import Worker, func
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError

from app.cli.ports import free_port
from app.jobs import QUEUE, dump, load
from workers.queue import Queue, open_queue


@pytest.fixture
async def queue(valkey_url: str) -> AsyncIterator[Queue]:
    opened = open_queue(valkey_url)
    yield opened
    await opened.aclose(close_connection_pool=True)


async def cut(url: str) -> None:
    """Every connection to Redis is lost."""
    async with Redis.from_url(url) as other:
        await other.client_kill_filter(_type="normal", skipme=True)


async def test_who_loses_what_he_watches_is_told_that_it_is_taken(queue: Queue, valkey_url: str) -> None:
    async with queue.pipeline() as watching:
        await watching.watch("key")
        await cut(valkey_url)
        assert await watching.exists("key")
    async with queue.pipeline() as watching:
        await watching.watch("key")
        await cut(valkey_url)
        assert await watching.zscore(QUEUE, "job") is None


@pytest.mark.parametrize("command", ["WATCH", "EXISTS", "ZSCORE"])
async def test_a_worker_outlives_a_connection_that_is_lost_while_it_takes_a_job(
    valkey_url: str, queue: Queue, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    carried, left = list[object](), [command]
    ask: Callable[..., Awaitable[object]] = Pipeline.immediate_execute_command

    async def interrupted(pipeline: Pipeline, *args: str, **options: object) -> object:
        if args[0] in left:
            left.remove(args[0])
            await cut(valkey_url)
        return await ask(pipeline, *args, **options)

    async def carry(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        carried.extend(args)

    await queue.enqueue_job("carry", "acme/Contact", _job_id="ring-1")
    monkeypatch.setattr(Pipeline, "immediate_execute_command", interrupted)
    worker = Worker(
        [func(carry, name="carry", keep_result=0)],
        queue_name=QUEUE,
        redis_pool=queue,
        burst=True,
        poll_delay=0.01,
        handle_signals=False,
        job_serializer=dump,
        job_deserializer=load,
    )
    await worker.main()
    assert (carried, left) == (["acme/Contact"], [])


async def test_a_worker_that_leaves_waits_for_no_redis() -> None:
    away = open_queue(f"redis://127.0.0.1:{free_port()}")
    async with asyncio.timeout(5):
        assert await away.delete("health") == 0
        await away.aclose(close_connection_pool=True)


async def test_a_lost_redis_is_tried_for_more_than_ten_minutes(queue: Queue) -> None:
    kept = queue.connection_pool.connection_kwargs
    retry = kept["retry"]
    waits = [retry._backoff.compute(failures) for failures in range(1, retry._retries + 1)]
    assert sum(waits) > 600
    assert max(waits) <= 1
    assert kept["retry_on_timeout"]
    assert RedisConnectionError in kept["retry_on_error"]


async def test_the_queue_is_where_the_settings_say() -> None:
    named = open_queue("redis://user:secret@queue.example:6380/3").connection_pool.connection_kwargs
    assert (named["host"], named["port"], named["db"]) == ("queue.example", 6380, 3)
    assert (named["username"], named["password"]) == ("user", "secret")
