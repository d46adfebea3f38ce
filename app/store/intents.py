"""Intents: one element of a call each, and what becomes true once the vendor acknowledges it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, func, insert, or_, select, update

from app.engine.actions import Element, Verb
from app.engine.ledger import Call, Intent, IntentResult
from app.engine.records import RecordRef, System
from app.mapping.values import Fields
from app.store.bases import base_of, document_of
from app.store.statements import by_object, chunks
from app.store.tables import intents

ByCall = Mapping[int, Sequence[Intent]]
"""Intents by their call's id, in the order of the call's elements."""


class Settled(NamedTuple):
    """What came of one intent; `target_id` where the vendor has just given it."""

    intent_id: int
    result: IntentResult
    target_id: str | None = None


def add(conn: Connection, call_id: int, lane: str, of_call: Sequence[Intent]) -> tuple[Intent, ...]:
    """Commit to the elements of a call; the intents as stored, with their ids."""
    if not of_call:
        return ()
    rows = [_row(call_id, position, lane, intent) for position, intent in enumerate(of_call)]
    ids = conn.execute(insert(intents).returning(intents.c.id, sort_by_parameter_order=True), rows).scalars()
    return tuple(replace(intent, id=intent_id) for intent, intent_id in zip(of_call, ids, strict=True))


def settle(conn: Connection, results: Iterable[Settled]) -> None:
    """Record what came of each intent."""
    rows = [{"of_id": settled.intent_id, "now": settled.result, "found": settled.target_id} for settled in results]
    statement = update(intents).where(intents.c.id == bindparam("of_id"))
    known = func.coalesce(bindparam("found", type_=intents.c.target_id.type), intents.c.target_id)
    if rows:
        conn.execute(statement.values(result=bindparam("now"), target_id=known), rows)


def of_calls(conn: Connection, call_ids: Iterable[int]) -> ByCall:
    """Every intent of those calls."""
    rows = [
        row
        for chunk in chunks(call_ids)
        for row in conn.execute(select(intents).where(intents.c.call_id.in_(chunk))).mappings()
    ]
    return _by_call(rows)


def open_among(conn: Connection, lane: str, refs: Iterable[RecordRef]) -> ByCall:
    """The intents of `lane` that nobody has settled and whose source or target is one of `refs`."""
    found: dict[int, RowMapping] = {}
    for system, object, ids in by_object(refs):
        touching = or_(_from(system, object, ids), _to(system, object, ids))
        for row in conn.execute(select(intents).where(_is_open(lane), touching)).mappings():
            found[row["id"]] = row
    return _by_call(found.values())


def open_in(conn: Connection, lane: str) -> ByCall:
    """All intents of `lane` that nobody has settled."""
    return _by_call(conn.execute(select(intents).where(_is_open(lane))).mappings())


def unresolved_refs(conn: Connection, lane: str) -> tuple[RecordRef, ...]:
    """The sources, and the targets as far as they are known, of what nobody has settled, the oldest first."""
    refs: dict[RecordRef, None] = {}
    for intent in chain.from_iterable(open_in(conn, lane).values()):
        refs[intent.source] = None
        if intent.target_id is not None:
            refs[RecordRef(intent.target_system, intent.target_object, intent.target_id)] = None
    return tuple(refs)


def failed_alone(conn: Connection, call: Call) -> bool:
    """Whether `call` held one element only, those counted that are settled, and one like it was answered since.

    However it was answered; it was sent by the same lane.
    """
    c, first = intents.c, call.intents[0]
    others = select(c.id).where(c.call_id == call.id, c.id != first.id)
    if conn.execute(others.limit(1)).first() is not None:
        return False
    later = and_(c.lane == call.lane, c.call_id > call.id, c.target == call.system)
    alike = and_(c.verb == first.verb, c.target_object == first.target_object)
    was_answered = c.result.in_([IntentResult.DONE, IntentResult.REFUSED])
    return conn.execute(select(c.id).where(later, alike, was_answered).limit(1)).first() is not None


def _is_open(lane: str) -> ColumnElement[bool]:
    return and_(intents.c.lane == lane, intents.c.result == IntentResult.OPEN)


def _from(system: System, object: str, ids: list[str]) -> ColumnElement[bool]:
    c = intents.c
    return and_(c.target == system.other, c.source_object == object, c.source_id.in_(ids))


def _to(system: System, object: str, ids: list[str]) -> ColumnElement[bool]:
    c = intents.c
    return and_(c.target == system, c.target_object == object, c.target_id.in_(ids))


def _by_call(rows: Iterable[RowMapping]) -> ByCall:
    by_call: defaultdict[int, list[Intent]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["call_id"], row["position"])):
        by_call[row["call_id"]].append(_intent(row))
    return dict(by_call)


def _row(call_id: int, position: int, lane: str, intent: Intent) -> dict[str, object]:
    return {
        "call_id": call_id,
        "position": position,
        "lane": lane,
        "mapping": intent.mapping,
        "slot": intent.slot,
        "link_id": intent.link_id,
        "verb": intent.verb,
        "target": intent.target_system,
        "source_object": intent.source.object,
        "source_id": intent.source.id,
        "target_object": intent.target_object,
        "target_id": intent.target_id,
        "element": _element_document(intent.element),
        "carries": document_of(intent.carries),
        "result": intent.result,
    }


def _intent(row: RowMapping) -> Intent:
    target = System(row["target"])
    return Intent(
        id=row["id"],
        mapping=row["mapping"],
        slot=row["slot"],
        link_id=row["link_id"],
        verb=Verb(row["verb"]),
        source=RecordRef(target.other, row["source_object"], row["source_id"]),
        target_system=target,
        target_object=row["target_object"],
        target_id=row["target_id"],
        element=Element(**row["element"]),
        carries=base_of(row["carries"]),
        result=IntentResult(row["result"]),
    )


def _element_document(element: Element) -> Mapping[str, str | Fields | None]:
    return {"id": element.id, "fields": element.fields, "key_field": element.key_field, "key": element.key}
