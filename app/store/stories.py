"""The story of a record: everything that is known of it, for people who ask why."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.engine.ledger import Call, Entry, Question
from app.engine.records import Link, RecordRef, State
from app.store import backlog, calls, history, holds, links, outcomes, questions, states
from app.store.backlog import Standing
from app.store.outcomes import Told


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
    stopped: dict[str, str]
    """Why each lane in which the record is due may not be worked on, where it may not."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known at all."""
        return not (self.states or any(self.links.values()) or self.events or self.history or self.standing)


def of_record(conn: Connection, ref: RecordRef, syncs: Sequence[str]) -> Story:
    """The story of `ref` in all `syncs`, the latest first."""
    entries = history.of_record(conn, ref)
    tied = {sync: links.of(conn, sync, [ref])[ref] for sync in syncs}
    others = dict.fromkeys(link.ref(ref.system.other) for of_sync in tied.values() for link in of_sync)
    standing = backlog.of_record(conn, ref)
    stopped = {each.lane: holds.why_stopped(conn, each.lane) for each in standing}
    sent = calls.of_ids(conn, {entry.call_id for entry in entries if entry.call_id})
    return Story(
        ref=ref,
        states={sync: seen[ref] for sync in syncs if ref in (seen := states.load(conn, sync, [ref]))},
        links=tied,
        events=outcomes.of_record(conn, ref.system, ref.object, ref.id),
        history=entries,
        calls={call.id: call for call in sent},
        standing=standing,
        questions=[question for each in (ref, *others) for question in questions.of_record(conn, each)],
        stopped={lane: because for lane, because in stopped.items() if because},
    )
