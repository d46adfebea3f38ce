"""SQLite, where several processes open one file."""

import sqlite3
from pathlib import Path

import pytest

from app.store.sqlite import write_ahead


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
