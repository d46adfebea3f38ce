"""Where connections are made and ended: settings, vault and HTTP, before there is any sync."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from app.cli.database import open_database
from app.clock import SystemClock
from app.engine.ports import Clock
from app.settings import Settings, load_settings
from app.store.consents import DatabaseConsents
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault

OWNER = "terminal"
"""How a command names itself to the vault."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sign-in by a person works with."""

    settings: Settings
    vault: DatabaseTokenVault
    consents: DatabaseConsents
    client: httpx.AsyncClient
    clock: Clock


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """The desk of this installation, on a migrated database; nothing is logged below a warning."""
    settings = load_settings()
    vault = Vault(settings.secret_keys)
    async with (
        open_database(settings) as database,
        httpx.AsyncClient(follow_redirects=False, trust_env=False) as client,
    ):
        tokens, consents = DatabaseTokenVault(database, vault), DatabaseConsents(database, vault)
        yield Desk(settings, tokens, consents, client, SystemClock())
