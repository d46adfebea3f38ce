"""`crossbook export FILE`: everything that the database holds, in one file that any database can be filled from."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import require_database
from app.cli.database import open_database
from app.cli.new_file import new_file
from app.settings import load_settings
from app.store import leases
from app.store.database import Database
from app.store.export import write

Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there already.")]


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    *,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write everything that the database holds to FILE, as of one moment, for crossbook import.

    The file serves SQLite and PostgreSQL alike. Nobody but you may read it; tokens are in it as they are sealed.
    """
    tell(asyncio.run(_export(file, force=force)), as_json=as_json)


async def _export(file: Path, *, force: bool) -> Told:
    settings = load_settings()
    require_database(settings.database_url)
    async with open_database(settings) as database:
        return await carry_out(database, file, force=force)


async def carry_out(database: Database, path: Path, *, force: bool) -> Told:
    """Write the file; what is in it, and who worked on at that moment. Raises `CrossbookError` when it cannot be."""
    with new_file(path, overwrite=force) as file:
        rows, worked_on = await database.read(
            lambda conn: (write(conn, file), leases.worked_on(conn, database.now(conn)))
        )
    document = {"file": str(path), "rows": rows, "worked_on": worked_on}
    return Told(document, list(_lines(path, rows, worked_on)))


def _lines(path: Path, rows: Mapping[str, int], worked_on: Mapping[str, str]) -> Iterator[str]:
    yield f"{sum(rows.values())} rows of {len(rows)} tables are in {path}"
    yield "tokens are in it as they are sealed: where it is imported, SECRET_KEYS must hold the keys that it holds here"
    for lane, owner in worked_on.items():
        yield f"{lane} is being worked on by {owner}: what comes of that is not in the file"
    if worked_on:
        yield "for a backup that is well; for a move stop Crossbook first, and export again"
