"""What supervisors and proxies are told: that the process lives, and whether an event would be kept now."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.addresses import LIVENESS, READINESS
from app.errors import StoreUnavailable
from app.health import PROBE_SECONDS, SHARED_SECONDS, Readiness, routes
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.virtual_loop import VirtualLoop
from tests.support.world import World
from tests.test_main import runtime_of, web


class Probe:
    """A way in that counts what it is asked to keep."""

    def __init__(self) -> None:
        self.kept = 0
        self.full = False
        self.seconds = 0.0

    async def __call__(self) -> None:
        await asyncio.sleep(self.seconds)
        if self.full:
            raise StoreUnavailable("disk full")
        self.kept += 1


@pytest.fixture
def _asyncio_loop_factory() -> type[asyncio.AbstractEventLoop]:
    return VirtualLoop


@pytest.fixture
def probe() -> Probe:
    return Probe()


async def asked(readiness: Readiness, path: str = READINESS) -> tuple[int, object]:
    app = Starlette(routes=routes(readiness))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crossbook.test") as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_a_process_lives_whatever_its_disk_does(probe: Probe) -> None:
    probe.full = True
    assert await asked(Readiness(probe), LIVENESS) == (200, {"alive": True})


async def test_it_is_ready_when_something_was_kept_just_now(probe: Probe) -> None:
    assert await asked(Readiness(probe)) == (200, {"ready": True})
    assert probe.kept == 1


async def test_it_is_not_ready_while_nothing_can_be_kept_and_is_again_afterwards(probe: Probe) -> None:
    readiness = Readiness(probe)
    probe.full = True
    assert await asked(readiness) == (503, {"ready": False})
    probe.full = False
    await asyncio.sleep(SHARED_SECONDS)
    assert await asked(readiness) == (200, {"ready": True})


async def test_a_disk_that_hangs_makes_it_not_ready_in_time(probe: Probe) -> None:
    probe.seconds = 3600
    begun = asyncio.get_running_loop().time()
    assert await asked(Readiness(probe)) == (503, {"ready": False})
    assert asyncio.get_running_loop().time() - begun == pytest.approx(PROBE_SECONDS)


async def test_many_questions_at_once_cost_one_commit(probe: Probe) -> None:
    readiness = Readiness(probe)
    probe.seconds = 0.1
    answers = await asyncio.gather(*(asked(readiness) for _ in range(20)))
    assert set(map(str, answers)) == {"(200, {'ready': True})"}
    assert probe.kept == 1
    await asyncio.sleep(SHARED_SECONDS)
    await asked(readiness)
    assert probe.kept == 2


async def test_somebody_who_goes_away_spoils_no_answer_for_others(probe: Probe) -> None:
    readiness = Readiness(probe)
    probe.seconds = 0.5
    first = asyncio.create_task(asked(readiness))
    other = asyncio.create_task(asked(readiness))
    await asyncio.sleep(0.1)
    first.cancel()
    assert await other == (200, {"ready": True})


class TestTheWebProcess:
    """With a database and the routes as they are mounted."""

    @pytest.fixture
    def _asyncio_loop_factory(self) -> None:
        """A loop in real time: the database answers from its own thread."""

    async def test_asks_its_own_way_in(self, sqlite_url: str, clock: VirtualClock) -> None:
        database = await Database.open(sqlite_url, clock_now=clock.now)
        async with web(runtime_of(World(database, clock))) as client:
            assert (await client.get(READINESS)).status_code == 200
            assert (await client.get(LIVENESS)).status_code == 200
        await database.close()

    async def test_is_not_ready_without_its_database(self, tmp_path: Path, clock: VirtualClock) -> None:
        (tmp_path / "a-folder").mkdir()
        database = await Database.open(f"sqlite:///{tmp_path / 'a-folder'}", clock_now=clock.now)
        async with web(runtime_of(World(database, clock))) as client:
            assert (await client.get(READINESS)).status_code == 503
            assert (await client.get(LIVENESS)).status_code == 200
        await database.close()
