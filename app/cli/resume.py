"""`crossbook resume WHAT`: let what was paused go on."""

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.naming import scopes_named
from app.cli.pause import What
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import pauses


def resume(what: What, *, as_json: AsJson = False) -> None:
    """Let a sync, a mapping or a record go on: what came due meanwhile is worked on, and both sides' edits merged."""
    tell(ask(lambda runtime: carry_out(runtime, what)), as_json=as_json)


async def carry_out(runtime: Runtime, what: str) -> Told:
    """Resume what is named wherever it is paused. Raises `CrossbookError` when it is not."""
    scopes, database = await scopes_named(runtime, what), runtime.database
    woken = await database.run(
        lambda conn: [(each, pauses.resume(conn, each.sync, each.name, database.now(conn))) for each in scopes]
    )
    resumed = [each for each, lanes in woken if lanes is not None]
    if not resumed:
        raise CrossbookError(f"{what} is not paused")
    for lane in runtime.lanes:
        if lane.partition("/")[0] in {each.sync for each in resumed}:
            runtime.doorbell.ring(lane)
    return Told({"resumed": [each.name for each in resumed]}, [f"{each.words} goes on" for each in resumed])
