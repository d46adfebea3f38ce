"""`crossbook import FILE`: fill an empty database with what was exported from another one."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.database import open_database
from app.settings import Settings, load_settings
from app.store import tokens
from app.store.database import Database
from app.store.exported import verify
from app.store.import_ import load
from app.store.schema import newest
from app.store.vault import Vault


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What crossbook export has written.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Fill the database of DATABASE_URL, which must be empty, with all that FILE holds, or with nothing of it.

    Start Crossbook there only afterwards, and nowhere else any more.
    """
    tell(asyncio.run(_import(file)), as_json=as_json)


async def _import(file: Path) -> Told:
    settings = load_settings()
    verify(file, newest())
    async with open_database(settings) as database:
        return await carry_out(database, file, settings)


async def carry_out(database: Database, file: Path, settings: Settings) -> Told:
    """Fill the database, once the file is known to be whole. Raises `NotImported` when nothing was taken in."""
    rows = verify(file, newest())
    await database.run(lambda conn: load(conn, file))
    locked = await _locked(database, settings)
    return Told({"file": str(file), "rows": rows, "locked_tokens": locked}, list(_lines(file, rows, locked)))


async def _locked(database: Database, settings: Settings) -> Sequence[str]:
    """The connections whose tokens SECRET_KEYS do not open here."""
    vault = Vault(settings.secret_keys) if settings.secret_keys else None
    return await database.read(lambda conn: tokens.locked(conn, vault))


def _lines(file: Path, rows: Mapping[str, int], locked: Sequence[str]) -> Iterator[str]:
    yield f"{sum(rows.values())} rows of {len(rows)} tables came from {file}; nobody holds a lane"
    for connection in locked:
        yield (
            f"the tokens of {connection} are sealed with a key that is not among SECRET_KEYS here: take the keys "
            "along, or connect it again"
        )
