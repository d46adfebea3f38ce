"""`crossbook pause WHAT`: leave a sync, a mapping or a record alone until it is resumed."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.hold import Because
from app.cli.naming import scopes_named
from app.runtime import Runtime
from app.store import pauses

What = Annotated[
    str,
    typer.Argument(metavar="SYNC|SYNC/MAPPING|RECORD", help="A sync, a mapping such as acme/customers, or a record."),
]


def pause(what: What, *, because: Because = "a person said so", as_json: AsJson = False) -> None:
    """Stop a sync, a mapping or a record in both directions; what comes due meanwhile waits until it is resumed."""
    tell(ask(lambda runtime: carry_out(runtime, what, because)), as_json=as_json)


async def carry_out(runtime: Runtime, what: str, because: str) -> Told:
    """Pause what is named, in every sync that it is about."""
    scopes, database = await scopes_named(runtime, what), runtime.database
    paused = await database.run(
        lambda conn: [each for each in scopes if pauses.pause(conn, each.name, because, database.now(conn))]
    )
    lines = [f"{each.words} is paused; crossbook resume {what} lets it go on" for each in paused]
    before = [f"{each.words} was paused already" for each in scopes if each not in paused]
    return Told({"paused": [each.name for each in paused]}, [*lines, *before])
