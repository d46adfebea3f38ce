"""`crossbook disconnect`: let a vendor go, and forget its tokens."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.desk import Desk, open_desk
from app.cli.disconnect_xero import disconnect_xero
from app.engine.records import System
from app.errors import ConfigurationError


class Disconnect(Protocol):
    """How one system is let go; what was done, in lines. `revoke` ends the sign-in at the vendor altogether."""

    async def __call__(self, desk: Desk, name: str, *, revoke: bool) -> Sequence[str]: ...


DISCONNECT: Mapping[System, Disconnect] = {System.XERO: disconnect_xero}


def disconnect(
    system: Annotated[System, typer.Argument(help="xero or salesforce.")],
    name: Annotated[str, typer.Argument(help="Name of the connection in the settings, in lower case.")],
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="End the whole sign-in, with all organisations that it connects.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Disconnect the organisation at the vendor and forget the tokens kept here."""
    if system not in DISCONNECT:
        raise ConfigurationError(f"{system} is not connected by a person's consent")
    lines = asyncio.run(_disconnect(system, name.lower(), revoke=revoke))
    print_answer({"connection": name.lower(), "done": lines}, lines, as_json=as_json)


async def _disconnect(system: System, name: str, *, revoke: bool) -> Sequence[str]:
    async with open_desk() as desk:
        return await DISCONNECT[system](desk, name, revoke=revoke)
