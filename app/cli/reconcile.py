"""`crossbook reconcile`: have the workers read what the pushes may have missed, now."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.engine.records import System
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import cursors

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0

Target = tuple[str, System, str]
"""An object of one system of one sync."""


def reconcile(
    *,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long to wait for the workers; 0 only asks.")
    ] = PATIENCE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Ask the workers to read all that changed since they last looked, and wait until they have."""
    read = ask(lambda runtime: _reconcile(runtime, seconds))
    document = {"read": [{"sync": sync, "system": system, "object": name} for sync, system, name in read]}
    print_answer(document, _lines(read), as_json=as_json)


def _lines(read: list[Target]) -> Iterator[str]:
    for sync, system, name in read:
        yield f"{sync}: {system} {name} is read"


async def _reconcile(runtime: Runtime, seconds: float) -> list[Target]:
    targets = _targets(runtime)
    now = runtime.clock.now()
    for sync, system, name in targets:
        await runtime.database.run(partial(cursors.request_scan, sync=sync, system=system, object=name, now=now))
    runtime.doorbell.ring_reconcile()
    if not seconds:
        return []
    waited = 0.0
    while unread := await _unread(runtime, targets):
        if waited >= seconds:
            names = ", ".join(f"{system} {name}" for _, system, name in unread)
            raise CrossbookError(
                f"no worker has read {names} within {seconds:g} seconds; the wish stands until one does"
            )
        await runtime.clock.sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS
    return targets


def _targets(runtime: Runtime) -> list[Target]:
    syncs = runtime.syncs.values()
    return sorted((sync.name, system, name) for sync in syncs for system in System for name in sync.objects(system))


async def _unread(runtime: Runtime, targets: list[Target]) -> list[Target]:
    """Those for which a scan is still asked for."""
    found = await runtime.database.read(lambda conn: [(target, cursors.get(conn, *target)) for target in targets])
    return [target for target, cursor in found if cursor is None or cursor.scan_requested_at is not None]
