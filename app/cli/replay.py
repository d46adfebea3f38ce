"""`crossbook replay`: have records looked at again."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.looking_again import events_about
from app.cli.naming import SomeRecord, known_one, syncs_named
from app.engine.events import Origin
from app.engine.records import RecordRef
from app.runtime import Runtime
from app.store import inbox, replays, runs

AT_ONCE = 500
"""How many records one transaction takes."""

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Since = Annotated[
    datetime | None, typer.Option(formats=_FORMATS, help="All records that an event has named since then (UTC).")
]
OfSync = Annotated[str | None, typer.Option("--sync", help="All records of this sync, or with --since those of it.")]


def replay(record: SomeRecord = None, *, since: Since = None, sync: OfSync = None, as_json: AsJson = False) -> None:
    """Have a record looked at again, or all that were named since an instant, or all of a sync."""
    if (record is None) == (since is None and sync is None):
        raise typer.BadParameter("name a record, or say --since or --sync")
    tell(ask(lambda runtime: carry_out(runtime, record, since, sync)), as_json=as_json)


async def carry_out(
    runtime: Runtime, record: str | None = None, since: datetime | None = None, sync: str | None = None
) -> Told:
    """Record an event a record. One is a person's and comes first; many wait behind what is live."""
    if record:
        refs = ((await known_one(runtime, record)).ref,)
        return _told(await _replay(runtime, _syncs_of(runtime, refs[0]), refs, Origin.PERSON), refs)
    names = syncs_named(runtime, sync)
    found = {name: await _records(runtime, name, since) for name in names}
    lanes = [lane for name in names for lane in await _replay(runtime, [name], found[name], Origin.REPLAY)]
    return _told(lanes, [ref for refs in found.values() for ref in refs])


async def _records(runtime: Runtime, sync: str, since: datetime | None) -> list[RecordRef]:
    """The records that are meant, as far as a sync still names their objects."""
    if since is None:
        found = await runtime.database.read(lambda conn: replays.seen_by(conn, sync))
    else:
        instant = since if since.tzinfo else since.replace(tzinfo=UTC)
        found = await runtime.database.read(lambda conn: replays.named_since(conn, sync, instant))
    objects = {(system, name) for system, _, name in runtime.routes.lanes}
    return [ref for ref in found if (ref.system, ref.object) in objects]


async def _replay(runtime: Runtime, syncs: Sequence[str], refs: Sequence[RecordRef], origin: Origin) -> set[str]:
    """Record the events, some in each transaction; the lanes that were rung."""
    database, lanes = runtime.database, set[str]()
    started = await database.run(
        lambda conn: [runs.start(conn, runs.RunKind.REPLAY, sync, database.now(conn)) for sync in syncs]
    )
    for start in range(0, len(refs), AT_ONCE):
        lanes |= await _record(runtime, refs[start : start + AT_ONCE], origin)
    counts = {"records": len(refs)}
    for run in started:
        await database.run(partial(runs.finish, run_id=run, counts=counts, error=None, now=runtime.clock.now()))
    for lane in lanes:
        runtime.doorbell.ring(lane)
    return lanes


async def _record(runtime: Runtime, refs: Sequence[RecordRef], origin: Origin) -> frozenset[str]:
    database, routes, events = runtime.database, runtime.routes, events_about(runtime, refs, origin)
    recorded = await database.run(lambda conn: inbox.record(conn, events, routes, database.now(conn)))
    return recorded.lanes


def _syncs_of(runtime: Runtime, ref: RecordRef) -> list[str]:
    return [name for name, sync in runtime.syncs.items() if ref.object in sync.objects(ref.system)]


def _told(lanes: Iterable[str], refs: Sequence[RecordRef]) -> Told:
    what = str(refs[0]) if len(refs) == 1 else f"{len(refs)} records"
    return Told({"records": len(refs), "lanes": sorted(lanes)}, [f"{what} will be looked at again"])
