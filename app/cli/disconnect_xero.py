"""Let a Xero organisation go: disconnect it over there, or revoke the sign-in, and forget the tokens."""

import asyncio
from collections.abc import Sequence

from app.cli.connect_xero import SECONDS, connections, settings_of
from app.cli.desk import OWNER, Desk
from app.connectors.tokens import Access
from app.connectors.xero.connect import rotating_access, sign_in
from app.connectors.xero.refusals import variable
from app.engine.credentials import vault_name
from app.engine.records import System
from app.errors import SignInNeeded
from app.settings import XeroConnection


async def disconnect_xero(desk: Desk, name: str, *, revoke: bool) -> Sequence[str]:
    """What was done, in lines. A sign-in that Xero has ended already is only forgotten."""
    settings = settings_of(desk, name)
    until = asyncio.get_running_loop().time() + SECONDS
    access = rotating_access(name, settings, client=desk.client, clock=desk.clock, vault=desk.vault, owner=OWNER)
    try:
        done = await _let_go(desk, name, settings, await access.current(until), revoke=revoke, until=until)
    except SignInNeeded:
        done = "the sign-in had ended at Xero already"
    await desk.vault.forget(vault_name(System.XERO, name))
    forgotten = f"the tokens of {name} are forgotten here"
    if settings.refresh_token.get_secret_value():
        return [done, forgotten, f"remove {variable(name, 'REFRESH_TOKEN')} from the settings, too"]
    return [done, forgotten]


async def _let_go(
    desk: Desk, name: str, settings: XeroConnection, access: Access, *, revoke: bool, until: float
) -> str:
    if revoke:
        kept = await desk.vault.load(vault_name(System.XERO, name))
        await sign_in(name, settings, desk.client, desk.clock).revoke((kept and kept.refresh_token) or "", until)
        return "the sign-in is revoked at Xero, with every organisation that it connected"
    over_there = connections(desk, settings)
    found = await over_there.list(access.token, until)
    mine = next((each for each in found if each.tenant_id == settings.tenant_id.lower()), None)
    if mine is None:
        return f"organisation {settings.tenant_id or '(none is configured)'} was not connected at Xero"
    await over_there.disconnect(mine.connection_id, access.token, until)
    return f"{mine.name} is disconnected at Xero"
