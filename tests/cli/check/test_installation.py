"""What Crossbook runs on is looked at: the database, the queue, its own processes."""

from pathlib import Path

import httpx
import pytest

from app.cli.check import installation
from app.cli.check.finding import Finding, Grade
from app.cli.ports import free_port
from app.jobs import QUEUE, connect
from app.settings import Settings
from tests.support.postgres import Postgres

SECRET = "canary-4711"


def answering(status: int) -> httpx.AsyncClient:
    """A client to whom whatever it asks answers so."""
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, json={"ready": True})))


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


async def of_database(url: str) -> list[Finding]:
    return [each async for each in installation.of_database(Settings(database_url=url))]


async def test_a_database_that_takes_what_is_written_is_fine(database_url: str) -> None:
    (found,) = await of_database(database_url)
    assert (found.grade, found.code) == (Grade.FINE, "database")


async def test_a_database_that_was_made_just_now_is_told_of(tmp_path: Path) -> None:
    _, found = await of_database(f"sqlite:///{tmp_path}/new.db")
    assert (found.grade, found.code) == (Grade.HINT, "new_database")
    assert "DATABASE_URL" in found.remedy


async def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but a text of some length" * 99)
    (found,) = await of_database(f"sqlite:///{tmp_path}/text.db")
    assert (found.grade, found.code) == (Grade.PROBLEM, "database")
    assert f"{tmp_path}/text.db" in found.words


async def test_a_server_that_is_away_is_a_problem_and_no_password_is_told(postgres_server: Postgres) -> None:
    url = f"postgresql://crossbook:{SECRET}@127.0.0.1:{free_port()}/crossbook"
    (found,) = await of_database(url)
    assert (found.grade, found.code) == (Grade.PROBLEM, "database")
    assert SECRET not in found.words


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://crossbook:{SECRET}/x@127.0.0.1:1/crossbook",
        f"postgresql://crossbook:{SECRET}?x@127.0.0.1:1/crossbook",
        f"postgresql://127.0.0.1:1/crossbook?user=crossbook&password={SECRET}",
    ],
)
async def test_no_password_is_told_however_it_is_written(url: str) -> None:
    (found,) = [each async for each in installation.of_database(Settings.model_construct(database_url=url))]
    assert found.grade is Grade.PROBLEM
    assert SECRET not in found.words


def of_disk(settings: Settings, **megabytes: int) -> list[Finding]:
    return list(installation.of_disk(settings, lambda folder: megabytes[folder.name] * 1_000_000))


def test_little_room_on_a_disk_is_a_hint_for_each_folder_that_is_there(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    usual, elsewhere = Settings(data_dir=data), Settings(data_dir=data, database_url=f"sqlite:///{other}/crossbook.db")
    assert of_disk(elsewhere) == []
    data.mkdir()
    other.mkdir()
    assert of_disk(elsewhere, data=200, other=200) == []
    assert [each.words for each in of_disk(elsewhere, data=0, other=200)] == [
        f"only 0 MB are free on the disk that holds {data}"
    ]
    (found,) = of_disk(elsewhere, data=200, other=199)
    assert (found.grade, found.code) == (Grade.HINT, "disk_space")
    assert str(other) in found.words
    assert "make room" in found.remedy
    assert len(of_disk(usual, data=199)) == 1
    assert len(of_disk(usual.model_copy(update={"database_url": "postgresql://h/crossbook"}), data=199)) == 1


async def test_a_queue_s_password_without_a_name_is_not_told(tmp_path: Path) -> None:
    assert SECRET not in (await of_queue(f"unix://:{SECRET}@{tmp_path}/valkey.sock")).words


async def of_queue(url: str) -> Finding:
    (found,) = [each async for each in installation.of_queue(Settings(redis_url=url))]
    return found


async def test_a_queue_that_does_not_answer_is_a_problem_and_no_password_is_told() -> None:
    found = await of_queue(f"redis://:{SECRET}@127.0.0.1:{free_port()}/0")
    assert (found.grade, found.code) == (Grade.PROBLEM, "queue")
    assert SECRET not in found.words


async def test_whether_a_worker_runs_is_known_by_what_it_tells(valkey_url: str) -> None:
    queue = connect(valkey_url)
    found = await of_queue(valkey_url)
    assert (found.grade, found.code) == (Grade.HINT, "worker")
    assert "crossbook worker" in found.remedy
    await queue.set(f"{QUEUE}:health-check", b"well")
    assert (await of_queue(valkey_url)).grade is Grade.FINE
    await queue.aclose(close_connection_pool=True)


@pytest.mark.parametrize(("status", "grade"), [(200, Grade.FINE), (503, Grade.PROBLEM)])
async def test_the_web_process_is_asked_whether_it_would_keep_an_event(status: int, grade: Grade) -> None:
    (found,) = [each async for each in installation.of_web(Settings(), answering(status))]
    assert (found.grade, found.code) == (grade, "web")


async def test_a_web_process_that_does_not_run_here_is_a_hint() -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(refused))
    (found,) = [each async for each in installation.of_web(Settings(port=8123), client)]
    assert (found.grade, found.code) == (Grade.HINT, "web")
    assert "http://127.0.0.1:8123" in found.words
