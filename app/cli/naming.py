"""Which record, lane or sync a person means."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import typer

from app.engine.pauses import mapping_scope, record_scope, sync_scope
from app.engine.records import RecordRef, System
from app.errors import CrossbookError
from app.mapping.salesforce_ids import is_id, to_18
from app.runtime import Runtime
from app.store import stories
from app.store.stories import Story

_RECORD = typer.Argument(metavar="RECORD", help="A Salesforce or Xero id, or system:object:id to be exact.")

Record = Annotated[str, _RECORD]
SomeRecord = Annotated[str | None, _RECORD]
"""A record that may be left out, where something else says what is meant."""


OfSync = Annotated[str | None, typer.Option("--sync", help="Only in this sync, where several know the record.")]


def named(runtime: Runtime, record: str) -> list[RecordRef]:
    """The records that a person may mean: an id alone belongs to any object that a mapping names."""
    system, _, rest = record.partition(":")
    if rest:
        name, _, record_id = rest.partition(":")
        if system not in set(System) or not record_id:
            raise CrossbookError(
                f"{record} names no record; write it as salesforce:Account:001... or give the id alone"
            )
        return [RecordRef(System(system), name, _spelled(record_id))]
    if not runtime.syncs:
        raise CrossbookError("there is no sync file, so an id alone names no record; write salesforce:Account:001...")
    of_system = System.SALESFORCE if is_id(record) else System.XERO
    mappings = [mapping for sync in runtime.syncs.values() for mapping in sync.mappings.values()]
    objects = sorted({name for mapping in mappings for name in mapping.objects(of_system)})
    return [RecordRef(of_system, name, _spelled(record)) for name in objects]


async def known(runtime: Runtime, record: str) -> list[Story]:
    """The stories of the records that `record` may mean. Raises `CrossbookError` when nothing is known of any."""
    refs, syncs = named(runtime, record), list(runtime.syncs)
    found = await runtime.database.read(lambda conn: [stories.of_record(conn, ref, syncs) for ref in refs])
    told = [story for story in found if not story.is_empty]
    if not told:
        syncs_there = f"; if a sync is meant, there are: {', '.join(syncs)}" if syncs else ""
        raise CrossbookError(
            f"nothing is known of {record}: no push, no reconcile and no person has named it yet{syncs_there}"
        )
    return told


async def known_one(runtime: Runtime, record: str) -> Story:
    """The story of the one record that is meant. Raises `CrossbookError` when it is unknown, or not the only one."""
    told = await known(runtime, record)
    if len(told) > 1:
        names = ", ".join(str(story.ref) for story in told)
        raise CrossbookError(f"{record} may be several records; say which: {names}")
    return told[0]


def meant_sync(lanes: Iterable[str], sync: str | None, record: str) -> str | None:
    """The one sync of `lanes`, or the one that a person named; None without lanes.

    Raises `CrossbookError` when they belong to several: what a person says of one is never taken for another.
    """
    known = sorted({lane.partition("/")[0] for lane in lanes})
    if sync is None and len(known) > 1:
        raise CrossbookError(f"{record} needs a person in several syncs; say which with --sync: {', '.join(known)}")
    return sync or next(iter(known), None)


def lanes_named(runtime: Runtime, what: str) -> list[str]:
    """The lanes that `what` names: one lane, or all of a sync."""
    found = [lane for lane in runtime.lanes if what in {lane, lane.partition("/")[0]}]
    if not found:
        raise CrossbookError(f"{what} is neither a lane nor a sync; lanes are: {', '.join(runtime.lanes) or 'none'}")
    return found


@dataclass(frozen=True, slots=True)
class Scope:
    """What a pause is about: its name in the store, the sync it belongs to, and how people call it."""

    name: str
    sync: str
    words: str


def syncs_named(runtime: Runtime, sync: str | None) -> list[str]:
    """The sync of that name, or all. Raises `CrossbookError` when there is none."""
    if sync is not None and sync not in runtime.syncs:
        raise CrossbookError(f"there is no sync {sync}; there are: {', '.join(runtime.syncs) or 'none'}")
    return [sync] if sync else list(runtime.syncs)


async def scopes_named(runtime: Runtime, what: str) -> list[Scope]:
    """What `what` names: a sync, a mapping as `sync/mapping`, or a record, in every sync that knows it."""
    sync, _, mapping = what.partition("/")
    if what in runtime.syncs:
        return [Scope(sync_scope(what), what, f"the sync {what}")]
    if sync in runtime.syncs:
        if mapping not in runtime.syncs[sync].mappings:
            names = ", ".join(runtime.syncs[sync].mappings)
            raise CrossbookError(f"{what} is no mapping of the sync {sync}; its mappings are: {names}")
        return [Scope(mapping_scope(sync, mapping), sync, f"the mapping {mapping} of the sync {sync}")]
    story = await known_one(runtime, what)
    syncs = [name for name in runtime.syncs if _concerns(runtime, name, story.ref)]
    if not syncs:
        raise CrossbookError(f"{story.ref} has no counterpart of its own; pause the record that it is part of")
    return [Scope(record_scope(name, story.ref), name, f"{story.ref} in the sync {name}") for name in syncs]


def _concerns(runtime: Runtime, sync: str, ref: RecordRef) -> bool:
    mappings = runtime.syncs[sync].mappings.values()
    return any(mapping.object(ref.system) == ref.object for mapping in mappings)


def _spelled(record_id: str) -> str:
    return to_18(record_id) if is_id(record_id) else record_id.lower()
