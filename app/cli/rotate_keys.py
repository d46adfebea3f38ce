"""`crossbook rotate-keys`: encrypt all stored tokens anew with the newest key."""

import asyncio
from collections.abc import Iterator, Sequence

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import require_database
from app.cli.database import open_database
from app.settings import Settings, load_settings
from app.store import tokens
from app.store.database import Database
from app.store.vault import Vault


def rotate_keys(*, as_json: AsJson = False) -> None:
    """Encrypt all stored tokens anew with the first of SECRET_KEYS, after which the others may go.

    Put the new key in front of the old one and restart every process before; this may then be done while they run.
    """
    tell(asyncio.run(_rotate_keys()), as_json=as_json)


async def _rotate_keys() -> Told:
    settings = load_settings()
    require_database(settings.database_url)
    async with open_database(settings) as database:
        return await carry_out(database, settings)


async def carry_out(database: Database, settings: Settings) -> Told:
    """Seal every token set anew; whose they are, and which keys have no more use. Raises `ConfigurationError`."""
    vault = Vault(settings.secret_keys)
    sealed = await database.run(lambda conn: tokens.rotate(conn, vault))
    old = range(2, len(settings.secret_keys) + 1)
    return Told({"sealed": sealed, "removable_keys": list(old)}, list(_lines(sealed, old)))


def _lines(sealed: Sequence[str], old: range) -> Iterator[str]:
    whose = f": {', '.join(sealed)}" if sealed else ""
    yield f"{len(sealed)} token sets are encrypted with the first of SECRET_KEYS now{whose}"
    for position in old:
        yield f"key {position} of SECRET_KEYS may be removed"
    if old:
        yield "keep what you remove for as long as you keep backups and exports of before: their tokens still need it"
    else:
        yield (
            "SECRET_KEYS has no other key. To change it, put the new key in front, restart every process, and run this "
            "again; then the old one may be removed"
        )
