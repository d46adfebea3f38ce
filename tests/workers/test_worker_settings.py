"""What the running worker goes by: arq reads the class's own attributes and silently ignores all others."""

import json
import pickle

import pytest
from arq.worker import Worker, create_worker

from app.cli.run import WORKER_GRACE_SECONDS
from app.jobs import DRAIN, LONG_READS, QUEUE, RECONCILE
from workers import long_reads
from workers.lanes import DRAIN_SECONDS
from workers.queue import Queue
from workers.reconcile import CLAIM_SECONDS
from workers.settings import WorkerSettings, drain, reconcile

CALL_SECONDS = 15.0
"""The longest vendor call, as the settings have it unless told otherwise."""


@pytest.fixture
async def worker() -> Worker:
    """The worker that `arq workers.settings.WorkerSettings` runs."""
    return create_worker(WorkerSettings, handle_signals=False)  # type: ignore[arg-type] # arq reads any class


async def test_a_job_is_tried_once_and_leaves_nothing_behind(worker: Worker) -> None:
    assert (worker.max_tries, worker.retry_jobs) == (1, False)
    assert (worker.keep_result_s, worker.keep_result_forever) == (0, False)
    for function in worker.functions.values():
        assert function.max_tries in {None, 1}
        assert not function.keep_result_s
        assert not function.keep_result_forever


async def test_the_doorbell_and_the_worker_mean_the_same_queue_and_job(worker: Worker) -> None:
    assert worker.queue_name == QUEUE
    assert worker.functions[DRAIN].coroutine is drain
    assert worker.functions[RECONCILE].coroutine is reconcile


async def test_jobs_are_json_so_that_redis_cannot_make_a_worker_run_code(worker: Worker) -> None:
    assert worker.job_serializer is not None
    assert worker.job_deserializer is not None
    job = {"f": DRAIN, "a": ["acme/Contact"]}
    assert json.loads(worker.job_serializer(job)) == job
    assert worker.job_deserializer(worker.job_serializer(job)) == job
    with pytest.raises(ValueError, match="decode"):
        worker.job_deserializer(pickle.dumps(job))


async def test_a_ring_is_heard_within_a_hundredth_of_a_second(worker: Worker) -> None:
    assert worker.poll_delay_s == 0.01


async def test_a_drain_ends_before_its_job_does(worker: Worker) -> None:
    assert DRAIN_SECONDS + 2 * CALL_SECONDS < worker.job_timeout_s <= 60
    assert worker.functions[DRAIN].timeout_s is None


async def test_shutting_down_waits_for_the_last_batch_and_ends_within_the_grace(worker: Worker) -> None:
    assert DRAIN_SECONDS + 2 * CALL_SECONDS < worker._job_completion_wait < WORKER_GRACE_SECONDS


async def test_a_reconcile_ends_before_others_may_begin_the_same(worker: Worker) -> None:
    for name in (RECONCILE, "cron:reconcile"):
        timeout = worker.functions[name].timeout_s
        assert timeout is not None
        assert timeout < CLAIM_SECONDS


async def test_a_piece_of_a_long_read_ends_before_others_may_begin_the_same(worker: Worker) -> None:
    for name in (LONG_READS, "cron:long_reads"):
        timeout = worker.functions[name].timeout_s
        assert timeout is not None
        assert timeout < long_reads.CLAIM_SECONDS


async def test_what_is_timed_comes_every_five_seconds_and_never_together(worker: Worker) -> None:
    seconds = {job.name: job.second for job in worker.cron_jobs if job.minute is None}
    assert seconds == {
        "cron:upkeep": set(range(0, 60, 5)),
        "cron:reconcile": set(range(2, 60, 5)),
        "cron:long_reads": set(range(4, 60, 5)),
        "cron:notices": 48,
    }


async def test_health_is_told_often_and_nothing_is_ever_aborted(worker: Worker) -> None:
    assert worker.health_check_interval == 15
    assert worker.allow_abort_jobs is False


async def test_several_lanes_are_drained_at_once(worker: Worker) -> None:
    assert worker.max_jobs == 20


async def test_the_worker_looks_into_the_queue_that_outlives_a_lost_redis(worker: Worker) -> None:
    assert isinstance(worker.pool, Queue)
