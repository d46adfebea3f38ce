"""`crossbook backfill`: have the workers observe every record of both systems."""

from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.engine.records import System
from app.errors import CrossbookError
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store import progress, reads
from app.store.progress import Progress

LOOK_SECONDS = 1.0


def backfill(
    sync: Annotated[str, typer.Argument(help="The sync; all syncs when left out.")] = "",
    *,
    seconds: Annotated[float, typer.Option(min=0, help="How long to wait for the workers; 0 only asks.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Read every record once, last of all work: link what matches, and carry what the sync file says.

    In observe mode nothing is written, so this shows what a first merge would do. It goes on where it was left,
    whatever stops it.
    """
    asked = ask(lambda runtime: _backfill(runtime, sync, seconds))
    print_answer({"runs": asked}, _lines(asked), as_json=as_json)


def _lines(asked: dict[str, int]) -> Iterator[str]:
    for name, run_id in asked.items():
        yield f"{name}: backfill {run_id} is asked for; crossbook status tells how far it has come"


async def _backfill(runtime: Runtime, name: str, seconds: float) -> dict[str, int]:
    if name and name not in runtime.syncs:
        raise CrossbookError(f"there is no sync {name}; there are: {', '.join(sorted(runtime.syncs))}")
    syncs = [runtime.syncs[name]] if name else list(runtime.syncs.values())
    asked = {sync.name: await _ask_for(runtime, sync) for sync in syncs}
    runtime.doorbell.ring_long_reads()
    await _wait(runtime, asked, seconds)
    return asked


async def _ask_for(runtime: Runtime, sync: Sync) -> int:
    objects = sorted({(system, mapping.object(system)) for mapping in sync.mappings.values() for system in System})
    now = runtime.clock.now()
    run_id = await runtime.database.run(lambda conn: reads.begin(conn, sync.name, objects, now))
    if run_id is None:
        raise CrossbookError(f"a backfill of {sync.name} is under way; crossbook status tells how far it has come")
    return run_id


async def _wait(runtime: Runtime, asked: dict[str, int], seconds: float) -> None:
    waited = 0.0
    while seconds and (left := await _left(runtime, asked)):
        if waited >= seconds:
            names = ", ".join(f"{each.system} {each.object}" for each in left)
            raise CrossbookError(f"{names} is not read within {seconds:g} seconds; the workers go on")
        await runtime.clock.sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS


async def _left(runtime: Runtime, asked: dict[str, int]) -> list[Progress]:
    return await runtime.database.read(
        lambda conn: [each for run_id in asked.values() for each in progress.of_run(conn, run_id)]
    )
