"""The doorbell rings once for many, never loses the last ring, and never stands in anybody's way."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count

import pytest
from arq.connections import ArqRedis
from structlog.testing import capture_logs

from app.cli.ports import free_port
from app.jobs import DRAIN, PAUSE_SECONDS, QUEUE, RECONCILE, RING_LIMIT_SECONDS, QueueDoorbell, connect

LANE, OTHER = "acme/Contact", "bakery/Contact"


@pytest.fixture
async def queue(valkey_url: str) -> AsyncIterator[ArqRedis]:
    """An empty queue."""
    client = connect(valkey_url)
    yield client
    await client.aclose(close_connection_pool=True)


def doorbell_at(url: str) -> QueueDoorbell:
    """A doorbell of our own, whose jobs are numbered."""
    numbers = count(1)
    return QueueDoorbell(connect(url), lambda: f"ring-{next(numbers)}")


async def jobs(queue: ArqRedis) -> list[tuple[str | None, str, tuple[object, ...]]]:
    """Id, function and arguments of all that wait in the queue, the oldest first."""
    return [(job.job_id, job.function, tuple(job.args)) for job in await queue.queued_jobs()]


async def test_a_ring_is_one_job_that_carries_the_lanes_name(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    doorbell.ring(LANE)
    await doorbell.close()
    assert await jobs(queue) == [("ring-1", DRAIN, (LANE,))]


async def test_a_hundred_rings_at_once_are_one_job_now_and_one_for_the_last_of_them(
    queue: ArqRedis, valkey_url: str
) -> None:
    doorbell = doorbell_at(valkey_url)
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        doorbell.ring(LANE)
    await doorbell.close()
    assert await jobs(queue) == [("ring-1", DRAIN, (LANE,)), ("ring-2", DRAIN, (LANE,))]
    assert asyncio.get_running_loop().time() - began >= PAUSE_SECONDS


async def test_a_ring_within_the_pause_is_passed_on_after_it(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    doorbell.ring(LANE)
    while not await jobs(queue):  # noqa: ASYNC110 - the queue is another process
        await asyncio.sleep(0.001)
    doorbell.ring(LANE)
    await doorbell.close()
    assert len(await jobs(queue)) == 2


async def test_a_ring_after_a_quiet_time_has_an_id_of_its_own(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    doorbell.ring(LANE)
    await asyncio.gather(*doorbell._ringing.values())
    doorbell.ring(LANE)
    await doorbell.close()
    assert [id for id, *_ in await jobs(queue)] == ["ring-1", "ring-2"]


async def test_every_lane_has_its_own_bell(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    for _ in range(3):
        doorbell.ring(LANE)
        doorbell.ring(OTHER)
    await doorbell.close()
    rung = [arguments for *_, arguments in await jobs(queue)]
    assert sorted(rung) == [(LANE,), (LANE,), (OTHER,), (OTHER,)]


async def test_a_wish_for_a_scan_has_a_bell_of_its_own(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    doorbell.ring_reconcile()
    doorbell.ring(LANE)
    await doorbell.close()
    assert sorted(await jobs(queue)) == [("ring-1", RECONCILE, ()), ("ring-2", DRAIN, (LANE,))]


async def test_a_job_is_json_in_the_queue_that_workers_poll(queue: ArqRedis, valkey_url: str) -> None:
    doorbell = doorbell_at(valkey_url)
    doorbell.ring(LANE)
    await doorbell.close()
    assert await queue.zcard(QUEUE) == 1
    stored = json.loads(await queue.get("arq:job:ring-1"))
    assert (stored["f"], stored["a"]) == (DRAIN, [LANE])


async def test_a_valkey_that_is_away_is_missed_without_a_word_to_the_ringer() -> None:
    doorbell = doorbell_at(f"redis://127.0.0.1:{free_port()}/0")
    with capture_logs() as logged:
        doorbell.ring(LANE)
        await doorbell.close()
    assert [(line["event"], line["target"]) for line in logged] == [("doorbell.missed", f"{DRAIN} {LANE}")]


async def test_a_valkey_that_hangs_is_given_up_after_its_limit() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    doorbell = doorbell_at(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    with capture_logs() as logged:
        began = loop.time()
        doorbell.ring(LANE)
        returned = loop.time()
        await doorbell.close()
        ended = loop.time()
    server.close()
    await server.wait_closed()
    assert returned - began < 0.01
    assert ended - began < RING_LIMIT_SECONDS + 1
    assert [line["event"] for line in logged] == ["doorbell.missed"]
