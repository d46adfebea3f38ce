"""Settlements: all that a batch brought about, put down together.

What is alike is written in one statement: a batch settles fifty records, and each statement costs more than its rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from app.engine.events import Priority
from app.engine.ledger import DueRecord, Lease, Outcome, Question
from app.engine.memory import HandedOver, Keyed, Moved, Settled
from app.engine.records import RecordRef
from app.mapping.values import Value
from app.store import due, history, links, match_index, outcomes, parts, questions, states
from app.store.outcomes import Ending


def settle(
    conn: Connection, lease: Lease, settled: Sequence[Settled], now: datetime, keyed: Sequence[Keyed] = ()
) -> None:
    """Put down what became of each pair of a batch; `keyed` are the match keys of the states that it left."""
    kept = states.save(conn, lease.sync, [state for each in settled for state in each.states])
    match_index.keep(conn, lease.sync, keyed, kept)
    asked = [*(question for each in settled for question in each.asked), *_bind(conn, lease, settled, now)]
    for each in settled:
        if each.base:
            links.save_base(conn, *each.base)
        if each.adopted:
            links.adopt(conn, *each.adopted)
    history.add(conn, [replace(entry, epoch=lease.epoch) for each in settled for entry in each.entries])
    _settle_questions(conn, lease.lane, settled, asked, now)
    _settle_due(conn, lease.lane, settled, now)
    due.mark(conn, lease.lane, [ref for each in settled for ref in each.again], Priority.PUSH, now)
    _hand_over(conn, lease, [part for each in settled for part in each.handed_over], now)


def move(conn: Connection, lease: Lease, moved: Moved, now: datetime) -> bool:
    """Let a link go over to the survivor of a merge, and look at it anew; False when the survivor is tied already."""
    if not links.move(conn, lease.sync, moved.link_id, moved.survivor):
        return False
    history.add(conn, [replace(entry, epoch=lease.epoch) for entry in moved.entries])
    due.mark(conn, lease.lane, [moved.survivor], Priority.PUSH, now)
    return True


def _bind(conn: Connection, lease: Lease, settled: Sequence[Settled], now: datetime) -> Iterator[Question]:
    """Tie the records that were just created. If either of two is taken meanwhile, a person must sort it out.

    Where the two are tied already, what they have agreed on since stands.
    """
    created = [each.bind for each in settled if each.bind]
    for link, bound in zip(created, links.bind_all(conn, lease.sync, created, now), strict=True):
        if bound is None:
            detail: dict[str, Value] = {"salesforce": str(link.salesforce), "xero": str(link.xero)}
            yield Question(lease.lane, link.mapping, link.salesforce, "already_linked", detail)
        elif bound.base != link.base:
            links.save_base(conn, bound.id, {**link.base, **bound.base})


def _settle_questions(
    conn: Connection, lane: str, settled: Sequence[Settled], asked: Sequence[Question], now: datetime
) -> None:
    for question in asked:
        questions.ask(conn, question, now)
    questions.close(conn, lane, [ref for each in settled for ref in each.withdrawn], asked, now)
    questions.use(conn, [id for each in settled for id in each.used], now)


def _settle_due(conn: Connection, lane: str, settled: Sequence[Settled], now: datetime) -> None:
    for each in settled:
        for record in each.due:
            _put_aside(conn, lane, record, each, now)
    done = list(_endings(settled))
    due.settle(conn, lane, {ending.ref: ending.mark for ending in done}, now)
    outcomes.settle(conn, lane, done, now)
    due.revive(conn, lane, _in_step(settled), now)


def _put_aside(conn: Connection, lane: str, record: DueRecord, settled: Settled, now: datetime) -> None:
    """Let a record that is not done wait, or a person see to it."""
    ref, mark, later, dead = record.ref, record.mark, settled.later, settled.dead
    if later:
        due.postpone(conn, lane, ref, mark, later)
    elif dead and due.bury(conn, lane, ref, mark, code=dead.code, reason=dead.reason, now=now):
        outcomes.bury(conn, lane, ref, mark, dead.reason, now)


def _endings(settled: Iterable[Settled]) -> Iterator[Ending]:
    for each in settled:
        if each.outcome and not each.later and not each.dead:
            for record in each.due:
                yield Ending(record.ref, record.mark, each.outcome, each.reason)


def _in_step(settled: Sequence[Settled]) -> frozenset[RecordRef]:
    """Records, none of them of this batch, whose pair is in step now by way of the other one: a dead letter of theirs
    may be over.
    """
    well = [each for each in settled if each.outcome in {Outcome.APPLIED, Outcome.UNCHANGED} and not each.later]
    own = {record.ref for each in settled for record in each.due}
    return frozenset(ref for each in well if not each.dead for ref in each.withdrawn) - own


def _hand_over(conn: Connection, lease: Lease, handed_over: Sequence[HandedOver], now: datetime) -> None:
    """Make the parents of parts due, as if they had been told of themselves: nobody knows their version."""
    urgency: dict[RecordRef, Priority] = {}
    traces: dict[RecordRef, str | None] = {}
    for each in handed_over:
        urgency |= {ref: min(each.priority, urgency.get(ref, each.priority)) for ref in each.concerns}
        traces |= dict.fromkeys(each.concerns, each.trace)
    due.arrive(
        conn,
        [due.Arrival(lease.lane, ref, urgency[ref], None, trace=traces[ref]) for ref in sorted(urgency)],
        now,
    )
    parts.move(conn, lease.sync, {each.part: each.parents for each in handed_over})
