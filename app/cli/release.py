"""`crossbook release LANE|SYNC`: let a held lane go on."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.hold import What
from app.cli.naming import lanes_named
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import backlog, holds

Next = Annotated[
    int | None,
    typer.Option("--next", min=0, help="How many writes the guard lets through first; all that is due."),
]


def release(what: What, *, allowed: Next = None, as_json: AsJson = False) -> None:
    """Let a held lane go on: the guard lets so many writes of the kind it was held for through, then it counts."""
    tell(ask(lambda runtime: carry_out(runtime, what, allowed)), as_json=as_json)


async def carry_out(runtime: Runtime, what: str, allowed: int | None) -> Told:
    """Release every lane that is named and held. Raises `CrossbookError` when none is."""
    lanes, database = lanes_named(runtime, what), runtime.database
    released = await database.run(
        lambda conn: {
            lane: number
            for lane in lanes
            if holds.release(
                conn,
                lane,
                number := backlog.stopped_by_guard(conn, lane) if allowed is None else allowed,
                database.now(conn),
            )
        }
    )
    if not released:
        raise CrossbookError(f"{what} is not held")
    for lane in released:
        runtime.doorbell.ring(lane)
    lines = [f"{lane} goes on: {_let_through(number)}the guard counts from here" for lane, number in released.items()]
    return Told({"released": released}, lines)


def _let_through(number: int) -> str:
    return f"up to {number} of the writes it was held for are let through, then " if number else ""
