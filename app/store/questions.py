"""Questions: what a person must decide."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Text, and_, bindparam, cast, false, not_, or_, select, update

from app.engine.events import Priority
from app.engine.ledger import Decision, Decisions, Question, Take
from app.engine.records import RecordRef, System, parse_ref
from app.mapping.values import Value
from app.store import due
from app.store.due import ref_of
from app.store.statements import IDS, by_object, chunks, insert
from app.store.tables import questions

_OPEN = questions.c.answered_at.is_(None)
_UNUSED = questions.c.answer.is_not(None) & questions.c.used_at.is_(None)
_OF_LANE = questions.c.lane == bindparam("of_lane")
_ANSWERED = (
    select(questions)
    .where(
        _UNUSED,
        _OF_LANE,
        questions.c.system == bindparam("of_system"),
        questions.c.object == bindparam("of_object"),
        questions.c.record_id.in_(IDS),
    )
    .order_by(questions.c.id)
)
_STANDS = or_(_OPEN, and_(_UNUSED, questions.c.topic.in_(["ambiguous", "ended", "key_held"])))
_WAITING = select(questions).where(_STANDS, _OF_LANE, questions.c.other.in_(IDS)).order_by(questions.c.id)
_TOPIC = (questions.c.lane, questions.c.system, questions.c.object, questions.c.record_id, questions.c.topic)


def ask(conn: Connection, question: Question, now: datetime) -> None:
    """Ask, unless the topic is open for the record already: then only its detail becomes what it is now."""
    statement = insert(conn, questions).values(
        lane=question.lane,
        mapping=question.mapping,
        system=question.ref.system,
        object=question.ref.object,
        record_id=question.ref.id,
        topic=question.topic,
        detail=question.detail,
        other=str(question.other) if question.other else None,
        asked_at=now,
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=_TOPIC,
            index_where=_OPEN,
            set_={"detail": statement.excluded.detail, "other": statement.excluded.other},
        )
    )


def close(
    conn: Connection, lane: str, refs: Iterable[RecordRef], standing: Collection[Question], now: datetime
) -> None:
    """Withdraw the open questions about `refs` but for those `standing`: what they asked has settled itself."""
    for system, object, ids in by_object(refs):
        still_stands = [
            and_(questions.c.record_id == question.ref.id, questions.c.topic == question.topic)
            for question in standing
            if (question.ref.system, question.ref.object) == (system, object)
        ]
        of_records = update(questions).where(
            _OPEN,
            questions.c.lane == lane,
            questions.c.system == system,
            questions.c.object == object,
            questions.c.record_id.in_(ids),
            not_(or_(false(), *still_stands)),
        )
        conn.execute(of_records.values(answered_at=now))


def begin_anew(conn: Connection, sync: str, systems: Collection[System], now: datetime) -> None:
    """The organisations of `systems` are others now: whatever was asked or answered in `sync` was about the former.

    What stands about a record of the other side is planned anew.
    """
    of_sync = questions.c.lane.startswith(f"{sync}/", autoescape=True)
    void = update(questions).where(_UNUSED, of_sync).values(used_at=now).returning(*_TOPIC)
    withdrawn = update(questions).where(_OPEN, of_sync).values(answered_at=now).returning(*_TOPIC)
    rows = [*conn.execute(void).all(), *conn.execute(withdrawn).all()]
    for lane, system, object, id in sorted({tuple(row)[:4] for row in rows}):
        if system not in systems:
            due.mark(conn, lane, [ref_of(system, object, id)], Priority.PUSH, now)


def decide(conn: Connection, question_id: int, take: Take, now: datetime) -> bool:
    """Keep what a person answered, and make its record due, so that a plan follows it.

    False when the question is no longer open. What was answered before to the same question and never followed counts
    no more.
    """
    if not answer(conn, question_id, take.value, now):
        return False
    asked = conn.execute(select(questions).where(questions.c.id == question_id)).mappings().one()
    same = and_(*(column == asked[column.name] for column in _TOPIC), questions.c.id != question_id)
    conn.execute(update(questions).where(same, _UNUSED).values(used_at=now))
    due.mark(conn, asked["lane"], [ref_of(asked["system"], asked["object"], asked["record_id"])], Priority.PERSON, now)
    return True


def decisions(conn: Connection, lane: str, refs: Iterable[RecordRef]) -> dict[RecordRef, Decisions]:
    """What people answered about each of `refs` and no plan has followed yet, by topic; only records with any."""
    found: defaultdict[RecordRef, dict[str, Decision]] = defaultdict(dict)
    for system, object, ids in by_object(refs):
        of_records = {"of_lane": lane, "of_system": system, "of_object": object, "ids": ids}
        for row in conn.execute(_ANSWERED, of_records).mappings():
            found[ref_of(system, object, row["record_id"])][row["topic"]] = Decision(
                row["id"], Take(row["answer"]), row["detail"]
            )
    return dict(found)


def use(conn: Connection, question_ids: Iterable[int], now: datetime) -> None:
    """A plan has followed these answers, or they do not fit any more: none is followed again."""
    for chunk in chunks(question_ids):
        conn.execute(update(questions).where(_UNUSED, questions.c.id.in_(chunk)).values(used_at=now))


def waiting_for(conn: Connection, lane: str, refs: Iterable[RecordRef]) -> dict[RecordRef, tuple[Question, ...]]:
    """The questions that a change of each of `refs` would settle, by that record; only records with any. Who was told
    to be left as it is because of another record waits for that, too.
    """
    found: defaultdict[RecordRef, list[Question]] = defaultdict(list)
    for chunk in chunks(str(ref) for ref in refs):
        for row in conn.execute(_WAITING, {"of_lane": lane, "ids": chunk}).mappings():
            found[parse_ref(row["other"])].append(_question(row))
    return {ref: tuple(asked) for ref, asked in found.items()}


def answer(conn: Connection, question_id: int, answer: Value, now: datetime) -> bool:
    """Keep a person's answer; False when the question is no longer open."""
    open_one = update(questions).where(_OPEN, questions.c.id == question_id)
    return conn.execute(open_one.values(answer=answer, answered_at=now)).rowcount == 1


def open_questions(conn: Connection, lane: str | None = None, limit: int | None = 100) -> tuple[Question, ...]:
    """What is open, in one lane or in all, the oldest first; without a `limit` all of it."""
    of_lane = select(questions).where(_OPEN).order_by(questions.c.id).limit(limit)
    if lane is not None:
        of_lane = of_lane.where(questions.c.lane == lane)
    return tuple(_question(row) for row in conn.execute(of_lane).mappings())


def of_record(conn: Connection, ref: RecordRef) -> tuple[Question, ...]:
    """What is open about one record, the oldest first."""
    about = select(questions).where(
        _OPEN,
        questions.c.system == ref.system,
        questions.c.object == ref.object,
        questions.c.record_id == ref.id,
    )
    return tuple(_question(row) for row in conn.execute(about.order_by(questions.c.id)).mappings())


def naming(conn: Connection, refs: Iterable[RecordRef]) -> tuple[Question, ...]:
    """What is open and names one of `refs` in its facts, the oldest first."""
    facts = cast(questions.c.detail, Text)
    named = or_(false(), *(facts.contains(ref.id, autoescape=True) for ref in refs if ref.id))
    rows = conn.execute(select(questions).where(_OPEN, named).order_by(questions.c.id))
    return tuple(_question(row) for row in rows.mappings())


def _question(row: RowMapping) -> Question:
    return Question(
        lane=row["lane"],
        mapping=row["mapping"],
        ref=RecordRef(System(row["system"]), row["object"], row["record_id"]),
        topic=row["topic"],
        detail=row["detail"],
        other=parse_ref(row["other"]) if row["other"] else None,
        asked_at=row["asked_at"],
        id=row["id"],
    )
