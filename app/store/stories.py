"""The story of a record: everything that is known of it, for people who ask why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from app.engine.ledger import Call, Entry, Question
from app.engine.pauses import lane_scope, mapping_scope, record_scope, sync_scope
from app.engine.records import Link, RecordRef, State
from app.store import backlog, calls, history, holds, links, outcomes, questions, states, stops
from app.store.backlog import Standing
from app.store.outcomes import Told
from app.store.stops import Stop

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    """What each sync saw of a record and tied it to; what came in, was decided, sent and answered; what is open."""

    ref: RecordRef
    states: dict[str, State]
    links: dict[str, tuple[Link, ...]]
    events: Sequence[Told]
    history: Sequence[Entry]
    calls: dict[int, Call]
    standing: Sequence[Standing]
    questions: Sequence[Question]
    named_in: Sequence[Question]
    """Questions about other records that name this one: to be told, and answered only there."""
    stopped: dict[str, str]
    """Why each lane in which the record is due may not be worked on, where it may not."""
    stops: Sequence[Stop]
    """The pauses and holds that kept the record waiting, or could have."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known at all."""
        return not (self.states or any(self.links.values()) or self.events or self.history or self.standing)


def of_record(conn: Connection, ref: RecordRef, syncs: Sequence[str]) -> Story:
    """The story of `ref` in all `syncs`, the latest first."""
    entries, events = history.of_record(conn, ref), outcomes.of_record(conn, ref.system, ref.object, ref.id)
    tied = {sync: links.of(conn, sync, [ref])[ref] for sync in syncs}
    others = dict.fromkeys(link.ref(ref.system.other) for of_sync in tied.values() for link in of_sync)
    standing = backlog.of_record(conn, ref)
    stopped = {each.lane: holds.why_stopped(conn, each.lane) for each in standing}
    lanes = {entry.lane for entry in entries} | {each.lane for each in standing}
    known_from = min(_known_from(events, entries), default=_NEVER)
    stops_of = stops.since(conn, _scopes(ref, tied, others, entries, lanes), known_from)
    asked = [question for each in (ref, *others) for question in questions.of_record(conn, each)]
    sent = calls.of_ids(conn, {entry.call_id for entry in entries if entry.call_id})
    return Story(
        ref=ref,
        states={sync: seen[ref] for sync in syncs if ref in (seen := states.load(conn, sync, [ref]))},
        links=tied,
        events=events,
        history=entries,
        calls={call.id: call for call in sent},
        standing=standing,
        questions=asked,
        named_in=[each for each in questions.naming(conn, (ref, *others)) if each not in asked],
        stopped={lane: because for lane, because in stopped.items() if because},
        stops=stops_of,
    )


def _scopes(
    ref: RecordRef,
    tied: Mapping[str, Sequence[Link]],
    others: Iterable[RecordRef],
    entries: Iterable[Entry],
    lanes: Iterable[str],
) -> set[str]:
    """Everything whose pause or hold concerns a record."""
    mappings = {mapping_scope(entry.lane.partition("/")[0], entry.mapping) for entry in entries}
    mappings |= {mapping_scope(sync, link.mapping) for sync, of_sync in tied.items() for link in of_sync}
    records = {record_scope(sync, each) for sync in tied for each in (ref, *others)}
    return {*map(lane_scope, lanes), *map(sync_scope, tied), *mappings, *records}


def _known_from(events: Iterable[Told], entries: Iterable[Entry]) -> list[datetime]:
    return [*(told.received_at for told in events), *(entry.at for entry in entries)]
