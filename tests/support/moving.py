"""Databases that are moved, backed up and restored as an operator would."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from app.cli import export, import_
from app.settings import Settings
from app.store.database import Database


async def move(source: Database, target: Database, file: Path, settings: Settings) -> None:
    """Export the one, import into the other, which is empty."""
    await export.carry_out(source, file, force=False)
    await import_.carry_out(target, file, settings)


class Installation(Protocol):
    """A database, and one backup of it."""

    @property
    def database(self) -> Database: ...

    async def back_up(self) -> None:
        """Take the backup, while the database is in use."""
        ...

    async def restore(self) -> None:
        """Go back to the backup, with nobody at work."""
        ...


class OnSqlite:
    """One file, driven in the test's own thread; its backup is SQLite's own online backup."""

    def __init__(self, path: Path, opened: Callable[[str], Database]) -> None:
        self._path = path
        self._backup = path.with_suffix(".backup")
        self._opened = opened
        self.database = opened(f"sqlite:///{path}")

    async def back_up(self) -> None:
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(self._backup)) as target:
            source.backup(target)

    async def restore(self) -> None:
        await self.database.close()
        self._put_back()
        self.database = self._opened(f"sqlite:///{self._path}")

    def _put_back(self) -> None:
        for log in ("-wal", "-shm"):
            Path(f"{self._path}{log}").unlink(missing_ok=True)
        shutil.copy(self._backup, self._path)


class OnPostgresql:
    """One database, and an empty one that the backup is restored to; the backup is an export."""

    def __init__(self, database: Database, empty: Database, file: Path, settings: Settings) -> None:
        self.database = database
        self._empty = empty
        self._file = file
        self._settings = settings

    async def back_up(self) -> None:
        await export.carry_out(self.database, self._file, force=True)

    async def restore(self) -> None:
        await import_.carry_out(self._empty, self._file, self._settings)
        self.database, self._empty = self._empty, self.database
