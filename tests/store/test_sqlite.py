"""SQLite, where several processes open one file."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from app.store.sqlite import begin_to_write, write_ahead


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crossbook.db"


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
