"""Calls: what is sent to a vendor, committed before it is sent."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from app.engine.actions import Request
from app.engine.ledger import Call, CallResult, Intent, IntentResult
from app.engine.memory import CallSettled
from app.engine.records import RecordRef, System
from app.store import intents
from app.store.statements import chunks
from app.store.tables import calls
from app.store.tables import intents as elements


def open(conn: Connection, call: Call, now: datetime) -> Call:  # noqa: A001 - a call is opened; no file is, here
    """Commit to sending `call` at `now`; the call as stored, with its ids and its intents'."""
    call_id = conn.execute(insert(calls).values(_row(call, now)).returning(calls.c.id)).scalar_one()
    stored = intents.add(conn, call_id, call.lane, call.intents)
    return replace(call, id=call_id, sent_at=now, intents=stored)


def answer(
    conn: Connection, call_id: int, result: CallResult, request_id: str | None, error: str | None, now: datetime
) -> None:
    """Record how the call as a whole ended; `request_id` is the vendor's own."""
    of_call = update(calls).where(calls.c.id == call_id)
    conn.execute(of_call.values(result=result, request_id=request_id, error=error, answered_at=now))


def close(conn: Connection, settled: CallSettled, now: datetime) -> None:
    """Record how a call and its intents ended."""
    if settled.result:
        answer(conn, settled.call_id, settled.result, settled.request_id, settled.error, now)
    intents.settle(conn, (intents.Settled(id, *result) for id, result in settled.intents.items()))


def give_up(conn: Connection, sync: str, why: str, now: datetime) -> None:
    """Nobody will ever learn what came of the open calls of `sync`: they count as not done."""
    for call in _of_sync(conn, sync):
        not_done: dict[int, tuple[IntentResult, str | None]] = {
            intent.id: (IntentResult.NOT_DONE, None) for intent in call.intents
        }
        unanswered = call.result in {CallResult.OPEN, CallResult.DOUBTFUL}
        close(conn, CallSettled(call.id, CallResult.NOT_DONE if unanswered else None, not_done, error=why), now)


def unresolved(conn: Connection, lane: str, refs: Iterable[RecordRef] | None = None) -> tuple[Call, ...]:
    """The calls of `lane`, oldest first, with an unsettled intent whose source or target is one of `refs`.

    Each is whole but for its intents: only those it was found by. Without `refs`, all unsettled intents count.
    """
    found = intents.open_in(conn, lane) if refs is None else intents.open_among(conn, lane, refs)
    return _load(conn, found, found)


def of_ids(conn: Connection, call_ids: Iterable[int]) -> tuple[Call, ...]:
    """Those calls with all their intents, oldest first."""
    wanted = tuple(call_ids)
    return _load(conn, wanted, intents.of_calls(conn, wanted))


def prune(conn: Connection, before: datetime, limit: int = 1000) -> int:
    """Forget up to `limit` calls, with their intents, that were sent before `before` and owe nothing; how many."""
    owes = exists().where(elements.c.call_id == calls.c.id, elements.c.result == IntentResult.OPEN)
    done = select(calls.c.id).where(calls.c.sent_at < before, calls.c.result != CallResult.OPEN, ~owes)
    oldest = done.order_by(calls.c.sent_at).limit(limit)
    return conn.execute(delete(calls).where(calls.c.id.in_(oldest))).rowcount


def _of_sync(conn: Connection, sync: str) -> Iterator[Call]:
    of_sync = elements.c.lane.startswith(f"{sync}/", autoescape=True) & (elements.c.result == IntentResult.OPEN)
    for (lane,) in conn.execute(select(elements.c.lane).where(of_sync).distinct()).all():
        yield from unresolved(conn, lane)


def _load(conn: Connection, call_ids: Iterable[int], of_calls: intents.ByCall) -> tuple[Call, ...]:
    rows = [
        row
        for chunk in chunks(sorted(call_ids))
        for row in conn.execute(select(calls).where(calls.c.id.in_(chunk)).order_by(calls.c.id)).mappings()
    ]
    return tuple(_call(row, tuple(of_calls.get(row["id"], ()))) for row in rows)


def _row(call: Call, now: datetime) -> dict[str, object]:
    return {
        "lane": call.lane,
        "epoch": call.epoch,
        "system": call.system,
        "method": call.request.method,
        "target": call.request.target,
        "idempotency_key": call.request.idempotency_key,
        "body": call.request.body,
        "sent_at": now,
        "answered_at": call.answered_at,
        "result": call.result,
        "request_id": call.request_id,
        "error": call.error,
    }


def _call(row: RowMapping, of_call: tuple[Intent, ...]) -> Call:
    return Call(
        id=row["id"],
        lane=row["lane"],
        epoch=row["epoch"],
        system=System(row["system"]),
        request=Request(row["method"], row["target"], row["body"], row["idempotency_key"]),
        sent_at=row["sent_at"],
        intents=of_call,
        result=CallResult(row["result"]),
        answered_at=row["answered_at"],
        request_id=row["request_id"],
        error=row["error"],
    )
