"""`crossbook why RECORD`: what is known of a record, what was decided about it, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.engine.ledger import Entry
from app.engine.records import Link, RecordRef, State, System
from app.errors import CrossbookError
from app.mapping.salesforce_ids import is_id, to_18
from app.runtime import Runtime
from app.store import history, links, outcomes, states
from app.store.outcomes import Told

Record = Annotated[
    str, typer.Argument(metavar="RECORD", help="A Salesforce or Xero id, or system:object:id to be exact.")
]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one record: what each sync saw and tied it to, what came in, what was decided."""

    ref: RecordRef
    states: dict[str, State]
    links: dict[str, tuple[Link, ...]]
    events: Sequence[Told]
    history: Sequence[Entry]

    @property
    def is_empty(self) -> bool:
        return not (self.states or any(self.links.values()) or self.events or self.history)


def why(record: Record, *, as_json: AsJson = False) -> None:
    """Tell what is known of a record, what was decided about it, and why."""
    stories = ask(lambda runtime: _look(runtime, record))
    if not stories:
        raise CrossbookError(f"nothing is known of {record}")
    document = {"records": [_document(story) for story in stories]}
    print_answer(document, (line for story in stories for line in _lines(story)), as_json=as_json)


async def _look(runtime: Runtime, record: str) -> list[Story]:
    refs, syncs = _named(runtime, record), list(runtime.syncs)
    stories: list[Story] = await runtime.database.read(
        lambda conn: [
            Story(
                ref,
                {sync: seen[ref] for sync in syncs if ref in (seen := states.load(conn, sync, [ref]))},
                {sync: links.of(conn, sync, [ref])[ref] for sync in syncs},
                outcomes.of_record(conn, ref.system, ref.object, ref.id),
                history.of_record(conn, ref),
            )
            for ref in refs
        ]
    )
    return [story for story in stories if not story.is_empty]


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
    of_system = System.SALESFORCE if is_id(record) else System.XERO
    mappings = [mapping for sync in runtime.syncs.values() for mapping in sync.mappings.values()]
    objects = sorted({mapping.object(of_system) for mapping in mappings})
    return [RecordRef(of_system, name, _spelled(record)) for name in objects]


def _spelled(record_id: str) -> str:
    return to_18(record_id) if is_id(record_id) else record_id.lower()


def _document(story: Story) -> dict[str, object]:
    return {
        "record": str(story.ref),
        "states": {
            sync: {
                "presence": state.seen.presence,
                "version": state.seen.version,
                "observed_at": state.observed_at,
                "fields": state.seen.fields,
            }
            for sync, state in story.states.items()
        },
        "links": [
            {"sync": sync, "mapping": link.mapping, "salesforce": link.salesforce.id, "xero": link.xero.id}
            | {"paused": link.paused, "base": {name: agreed._asdict() for name, agreed in link.base.items()}}
            for sync, of_sync in story.links.items()
            for link in of_sync
        ],
        "events": [
            {"received_at": told.received_at, "kind": told.kind, "origin": told.origin, "lane": told.lane}
            | {"outcome": told.outcome, "reason": told.reason, "settled_at": told.settled_at}
            for told in story.events
        ],
        "history": [
            {"at": entry.at, "lane": entry.lane, "action": entry.action, "target": entry.target}
            | {"reason": entry.reason, "changes": entry.changes, "outcome": entry.outcome, "error": entry.error}
            for entry in story.history
        ],
    }


def _lines(story: Story) -> Iterator[str]:
    yield str(story.ref)
    for sync, state in story.states.items():
        yield f"  seen by {sync} at {state.observed_at:%Y-%m-%d %H:%M:%S}: {state.seen.presence}"
    for sync, of_sync in story.links.items():
        for link in of_sync:
            yield f"  linked by {sync} ({link.mapping}): {link.salesforce} = {link.xero}"
            for name, agreed in link.base.items():
                yield f"    {name}: both last agreed on {agreed.salesforce!r} = {agreed.xero!r}"
    for entry in story.history:
        yield f"  {entry.at:%Y-%m-%d %H:%M:%S} {entry.action} {entry.target or ''}: {entry.reason} ({entry.outcome})"
        for name, change in entry.changes.items():
            yield f"    {name}: {change}"
    for told in story.events:
        because = f" ({told.reason})" if told.reason else ""
        yield f"  {told.received_at:%Y-%m-%d %H:%M:%S} event {told.kind} by {told.origin}: {told.outcome}{because}"
