"""Repairs: what a person does about records, each in one transaction with the events that make them due."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete

from app.engine.events import Event, Priority, Routes
from app.engine.ledger import Entry, Outcome, Question, Take
from app.engine.pauses import record_scope
from app.engine.records import Link, RecordRef, System
from app.store import due as due_rows
from app.store import history, inbox, links, outcomes, partings, pauses, questions
from app.store.due import ref_of
from app.store.outcomes import Ending
from app.store.tables import due

DISMISSED = "dismissed by a person"


def decide(
    conn: Connection, asked: Iterable[Question], take: Take, events: Sequence[Event], routes: Routes, now: datetime
) -> frozenset[str]:
    """Keep what a person answered to questions, and have their records looked at; the lanes to ring."""
    decided = [question for question in asked if questions.decide(conn, question.id, take, now)]
    history.add(conn, [_decision(question, take, now) for question in decided])
    return inbox.record(conn, events, routes, now).lanes


def leave(conn: Connection, asked: Iterable[Question], now: datetime) -> list[Question]:
    """Leave what is asked as it is; the questions that were still open."""
    left = [each for each in asked if questions.decide(conn, each.id, Take.LEAVE, now)]
    history.add(conn, [_decision(question, Take.LEAVE, now) for question in left])
    return left


def dismiss(conn: Connection, lane: str, ref: RecordRef, now: datetime) -> bool:
    """Put a dead letter away; False when there is none. Its events end as filtered, and it lives again when more
    comes.
    """
    letter = and_(due.c.lane == lane, due.c.system == ref.system, due.c.object == ref.object, due.c.record_id == ref.id)
    gone = delete(due).where(letter, due.c.dead_at.is_not(None)).returning(due.c.counter, due.c.reason)
    row = conn.execute(gone).first()
    if row is None:
        return False
    outcomes.settle(conn, lane, [Ending(ref, row.counter, Outcome.FILTERED, f"{DISMISSED}: {row.reason}")], now)
    return True


def dismiss_all(conn: Connection, sync: str, systems: Collection[System], because: str, now: datetime) -> None:
    """Put away all dead letters of `sync` about records of `systems`."""
    of_sync = due.c.lane.startswith(f"{sync}/", autoescape=True) & due.c.system.in_(systems)
    gone = delete(due).where(of_sync, due.c.dead_at.is_not(None))
    for row in conn.execute(gone.returning(due.c.lane, due.c.system, due.c.object, due.c.record_id, due.c.counter)):
        ref = ref_of(row.system, row.object, row.record_id)
        outcomes.settle(conn, row.lane, [Ending(ref, row.counter, Outcome.FILTERED, because)], now)


def tie(
    conn: Connection, lane: str, link: Link, events: Sequence[Event], routes: Routes, now: datetime
) -> frozenset[str] | None:
    """Tie two records as if they had never met, and let both go on. The lanes to ring; None when one is taken."""
    sync = lane.partition("/")[0]
    bound = links.bind(conn, sync, link, now)
    if bound is None:
        return None
    partings.forget(conn, sync, link)
    for ref in (link.salesforce, link.xero):
        pauses.resume(conn, sync, record_scope(sync, ref), now)
    history.add(conn, [_entry(lane, link, "link", "a person tied the two", now)])
    return inbox.record(conn, events, routes, now).lanes


def part(conn: Connection, lane: str, link: Link, now: datetime) -> None:
    """Forget the tie of two records, which are never tied again but by a person, and pause both: each looks for another
    counterpart when it is resumed. What was asked about the pair is no question any more.
    """
    sync = lane.partition("/")[0]
    links.unbind(conn, link.id)
    partings.note(conn, sync, link, now)
    questions.close(conn, lane, (link.salesforce, link.xero), (), now)
    for ref in (link.salesforce, link.xero):
        pauses.pause(conn, record_scope(sync, ref), f"taken apart from {_other(link, ref)}", now)
    due_rows.mark(conn, lane, (link.salesforce, link.xero), Priority.PUSH, now)
    history.add(conn, [_entry(lane, link, "unlink", "a person took the two apart", now)])


def _other(link: Link, ref: RecordRef) -> RecordRef:
    return link.ref(ref.system.other)


def _decision(question: Question, take: Take, now: datetime) -> Entry:
    sides = {ref.system: ref for ref in (question.other, question.ref) if ref}
    salesforce, xero = sides.get(System.SALESFORCE), sides.get(System.XERO)
    return Entry(
        at=now,
        lane=question.lane,
        epoch=0,
        mapping=question.mapping,
        salesforce_object=salesforce.object if salesforce else "",
        salesforce_id=salesforce.id if salesforce else None,
        xero_object=xero.object if xero else question.lane.partition("/")[2],
        xero_id=xero.id if xero else None,
        action="decide",
        target=None,
        reason=f"a person answered {question.topic}: {take}",
        changes={},
        outcome="done",
    )


def _entry(lane: str, link: Link, action: str, reason: str, now: datetime) -> Entry:
    return Entry(
        at=now,
        lane=lane,
        epoch=0,
        mapping=link.mapping,
        salesforce_object=link.salesforce.object,
        salesforce_id=link.salesforce.id,
        xero_object=link.xero.object,
        xero_id=link.xero.id,
        action=action,
        target=None,
        reason=reason,
        changes={},
        outcome="done",
    )
