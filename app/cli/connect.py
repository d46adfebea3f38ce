"""`crossbook connect`: have a person consent to Crossbook at a vendor, and keep the tokens."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.connect_salesforce import connect_salesforce
from app.cli.connect_xero import connect_xero
from app.cli.desk import Desk, open_desk
from app.cli.person import Person, Terminal
from app.engine.records import System


class Connected(Protocol):
    """What came of it, for people and for programs."""

    def document(self) -> Mapping[str, object]: ...

    def lines(self) -> Sequence[str]: ...


class Connect(Protocol):
    """How one system is connected. `account` is the organisation that the operator named, or blank."""

    async def __call__(self, desk: Desk, name: str, person: Person, *, account: str) -> Connected: ...


CONNECT: Mapping[System, Connect] = {System.XERO: connect_xero, System.SALESFORCE: connect_salesforce}


def connect(
    system: Annotated[System, typer.Argument(help="xero or salesforce.")],
    name: Annotated[str, typer.Argument(help="Name of the connection in the settings, in lower case.")],
    *,
    tenant: Annotated[str, typer.Option(help="Tenant id or name of the Xero organisation, if there are several.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the address at which a person consents, wait for them to come back, and keep the tokens encrypted."""
    connected = asyncio.run(_connect(system, name.lower(), tenant))
    print_answer(connected.document(), connected.lines(), as_json=as_json)


async def _connect(system: System, name: str, account: str) -> Connected:
    async with open_desk() as desk:
        return await CONNECT[system](desk, name, Terminal(), account=account)
