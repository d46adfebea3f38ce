"""A new file is whole or not there at all, and nobody else may read it."""

import stat
from pathlib import Path

import pytest

from app.cli.new_file import new_file
from app.errors import CrossbookError


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new.gz"
    with new_file(path, overwrite=False) as file:
        file.write(b"all")
        assert not path.exists()
    assert path.read_bytes() == b"all"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_failed_leaves_nothing_behind_and_what_was_there_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new.gz"
    path.write_bytes(b"before")

    def fail() -> None:
        with new_file(path, overwrite=True) as file:
            file.write(b"half")
            raise KeyError("late")

    with pytest.raises(KeyError):
        fail()
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("new.gz", b"before")]


def test_a_file_that_is_there_is_overwritten_only_if_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "new.gz"
    path.write_bytes(b"before")
    with pytest.raises(CrossbookError, match="is there already"), new_file(path, overwrite=False):
        pass
    with new_file(path, overwrite=True) as file:
        file.write(b"after")
    assert path.read_bytes() == b"after"


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "new.gz"

    def write() -> None:
        with new_file(path, overwrite=False) as file:
            file.write(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(CrossbookError, match="is there already"):
        write()
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("new.gz", b"theirs")]


def test_where_there_is_no_folder_it_is_told(tmp_path: Path) -> None:
    wanted = pytest.raises(CrossbookError, match=r"new.gz cannot be written: No such file or directory")
    with wanted, new_file(tmp_path / "missing" / "new.gz", overwrite=False):
        pass
