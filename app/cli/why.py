"""`crossbook why RECORD`: what is known of a record, what was decided about it, and why."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.cli.telling_why import document, lines
from app.engine.records import RecordRef, System
from app.errors import CrossbookError
from app.mapping.salesforce_ids import is_id, to_18
from app.runtime import Runtime
from app.store import stories
from app.store.stories import Story

Record = Annotated[
    str, typer.Argument(metavar="RECORD", help="A Salesforce or Xero id, or system:object:id to be exact.")
]


def why(record: Record, *, as_json: AsJson = False) -> None:
    """Tell what is known of a record, what was decided about it, and why; also why nothing was."""
    found = ask(lambda runtime: _look(runtime, record))
    if not found:
        raise CrossbookError(f"nothing is known of {record}: no push, no reconcile and no person has named it yet")
    told = {"records": [document(story) for story in found]}
    print_answer(told, (line for story in found for line in lines(story)), as_json=as_json)


async def _look(runtime: Runtime, record: str) -> list[Story]:
    refs, syncs = _named(runtime, record), list(runtime.syncs)
    found: list[Story] = await runtime.database.read(lambda conn: [stories.of_record(conn, ref, syncs) for ref in refs])
    return [story for story in found if not story.is_empty]


def _named(runtime: Runtime, record: str) -> list[RecordRef]:
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
    objects = sorted({mapping.object(of_system) for mapping in mappings})
    return [RecordRef(of_system, name, _spelled(record)) for name in objects]


def _spelled(record_id: str) -> str:
    return to_18(record_id) if is_id(record_id) else record_id.lower()
