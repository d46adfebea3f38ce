"""SQLite, where several processes open one file."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import create_engine, make_url

from app.store.sqlite import SqliteDriver, begin_to_write, write_ahead


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crossbook.db"


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """Whatever a process makes may be read by everybody, unless it says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


async def modes(path: Path) -> dict[str, int]:
    """Of the folder and of what is in it, while there is a connection."""
    driver = SqliteDriver.threaded(make_url(f"sqlite:///{path}"))
    await driver.write(lambda conn: conn.exec_driver_sql("CREATE TABLE written (id INTEGER)"))
    found = {each.name: S_IMODE(each.stat().st_mode) for each in (path.parent, *path.parent.iterdir())}
    await driver.close()
    return found


@pytest.mark.usefixtures("usual_umask")
async def test_the_folder_and_the_files_that_are_made_are_for_this_user_alone(tmp_path: Path) -> None:
    names = ("crossbook.db", "crossbook.db-shm", "crossbook.db-wal")
    assert await modes(tmp_path / "data" / "crossbook.db") == {"data": 0o700, **dict.fromkeys(names, 0o600)}


@pytest.mark.usefixtures("usual_umask")
async def test_a_folder_and_a_file_that_are_there_keep_their_modes(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o750)
    (folder / "crossbook.db").touch(mode=0o640)
    found = await modes(folder / "crossbook.db")
    assert (found["data"], found["crossbook.db"]) == (0o750, 0o640)


def test_a_process_waits_for_another_one_that_opens_the_file_at_the_same_moment(path: Path) -> None:
    ours, theirs = sqlite3.connect(path, timeout=0), sqlite3.connect(path, isolation_level=None)
    theirs.execute("BEGIN EXCLUSIVE")
    waits = list[float]()

    def they_let_go(seconds: float) -> None:
        waits.append(seconds)
        theirs.execute("COMMIT")

    write_ahead(ours, they_let_go)
    assert len(waits) == 1
    assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    ours.close()
    theirs.close()


def test_a_writer_has_its_turn_a_moment_after_another_process_is_done(path: Path) -> None:
    theirs = sqlite3.connect(path, isolation_level=None)
    theirs.execute("BEGIN IMMEDIATE")
    waits = list[float]()

    def they_are_done_by_and_by(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 20:
            theirs.execute("COMMIT")

    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0, "isolation_level": None})
    with engine.connect() as ours:
        begin_to_write(ours, they_are_done_by_and_by)
        ours.exec_driver_sql("CREATE TABLE written (id INTEGER)")
        ours.commit()
    assert waits == [0.001] * 20
    engine.dispose()
    theirs.close()
