"""Checks of what Crossbook runs on: the database, the queue, and its own processes."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx

from app import jobs
from app.addresses import READINESS
from app.cli.check.finding import Finding, fine, hint, problem
from app.errors import ConfigurationError, StoreUnavailable
from app.settings import Settings
from app.store import schema
from app.store.database import Database

SECONDS = 5.0
"""How long a process of this machine may take to answer."""

FEW_MEGABYTES = 200
"""How much room on a disk is so little that a person may want to know."""

_DATABASE = (
    "start the database or correct DATABASE_URL, see that this user may write there, and make room if the disk is full"
)
_NEW = "if there should have been one, correct DATABASE_URL"
_ROOM = "make room on that disk, or move to a larger one: nothing is accepted that cannot be kept"
_QUEUE = "start crossbook run, which has its own, or set REDIS_URL; pushes are kept meanwhile, and nothing is lost"


async def of_database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the database is there, takes what is written, and has the schema of this version."""
    place, new = _place(settings.database_url), _is_missing(settings.database_url)
    try:
        database = await Database.open(settings.database_url)
        try:
            await database.migrate()
            await database.run(schema.write)
        finally:
            await database.close()
    except (StoreUnavailable, ConfigurationError) as error:
        yield problem("database", "database", f"{place} cannot be used: {error}", _DATABASE)
    else:
        yield fine("database", "database", f"{place} takes what is written")
        if new:
            yield hint("database", "new_database", f"there was none at {place}: it was made just now", _NEW)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def of_disk(settings: Settings, free: Callable[[Path], int] = _free) -> Iterator[Finding]:
    """Whether there is room where Crossbook keeps what it keeps. `free` tells the bytes that are left to a folder."""
    scheme, _, path = settings.database_url.partition(":///")
    folders = [settings.data_dir, *([Path(path).parent] if scheme == "sqlite" else [])]
    for folder in dict.fromkeys(folders):
        left = free(folder) // 1_000_000 if folder.is_dir() else FEW_MEGABYTES
        if left < FEW_MEGABYTES:
            yield hint("disk", "disk_space", f"only {left} MB are free on the disk that holds {folder}", _ROOM)


async def of_queue(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the queue answers, and a worker has told there that it is well."""
    told = await jobs.worker_told(settings.redis_url)
    place = _place(settings.redis_url)
    if told is None:
        yield problem("queue", "queue", f"{place} does not answer", _QUEUE)
    elif told:
        yield fine("queue", "worker", f"{place} answers, and a worker takes what is put there")
    else:
        words = f"{place} answers, but no worker has told that it runs: nothing is carried over"
        yield hint("queue", "worker", words, "start crossbook worker; it tells within a quarter of a minute")


async def of_web(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    """Whether the web process runs here, and would keep an event."""
    address = f"http://{settings.host}:{settings.port}"
    try:
        answer = await client.get(f"{address}{READINESS}", timeout=SECONDS)
    except httpx.HTTPError:
        yield hint("web", "web", f"nothing answers at {address}", "start crossbook serve, where it is to run here")
        return
    if answer.is_success:
        yield fine("web", "web", f"an event that came to {address} would be kept")
    else:
        words = f"{address} answers, but would keep no event now ({answer.status_code})"
        yield problem("web", "web", words, "look into the log of crossbook serve: its database may be away")


def _is_missing(url: str) -> bool:
    scheme, _, path = url.partition(":///")
    return scheme == "sqlite" and not Path(path).exists()


def _place(url: str) -> str:
    """An address without what is secret in it, however that is written: credentials, and what follows a `?`."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return f"sqlite at {rest.removeprefix('/')}"
    if 0 <= rest.find("?") < rest.rfind("@"):
        return scheme
    return f"{scheme} at {rest.rpartition('@')[2].partition('?')[0]}"
