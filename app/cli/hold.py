"""`crossbook hold LANE|SYNC`: let nobody work on a lane until it is released."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.naming import lanes_named
from app.runtime import Runtime
from app.store import holds

What = Annotated[
    str, typer.Argument(metavar="LANE|SYNC", help="A lane such as acme/Contact, or a sync: all its lanes.")
]
Because = Annotated[str, typer.Option(help="Why; it is shown to everybody who asks.")]


def hold(what: What, *, because: Because = "a person said so", as_json: AsJson = False) -> None:
    """Stop a lane, or all lanes of a sync: its records stay due, and nothing is written until it is released."""
    tell(ask(lambda runtime: carry_out(runtime, what, because)), as_json=as_json)


async def carry_out(runtime: Runtime, what: str, because: str) -> Told:
    """Hold every lane that is named and is not held already."""
    lanes, database = lanes_named(runtime, what), runtime.database
    held = await database.run(
        lambda conn: [lane for lane in lanes if holds.hold(conn, lane, because, database.now(conn))]
    )
    lines = [
        f"{lane} is held: a call under way is finished, then nobody works on it; crossbook release {lane} lets it go on"
        for lane in held
    ]
    return Told({"held": held}, [*lines, *(f"{lane} was held already" for lane in lanes if lane not in held)])
