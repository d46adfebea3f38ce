"""Questions: what a person must decide."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from app.engine.ledger import Question
from app.engine.records import RecordRef, System
from app.mapping.values import Value
from app.store.statements import insert
from app.store.tables import questions

_OPEN = questions.c.answered_at.is_(None)
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
        asked_at=now,
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=_TOPIC, index_where=_OPEN, set_={"detail": statement.excluded.detail}
        )
    )


def close(conn: Connection, lane: str, ref: RecordRef, topics: Collection[str], now: datetime) -> None:
    """Withdraw the open questions on `topics`: what they asked no longer stands."""
    of_record = update(questions).where(
        _OPEN,
        questions.c.lane == lane,
        questions.c.system == ref.system,
        questions.c.object == ref.object,
        questions.c.record_id == ref.id,
        questions.c.topic.in_(topics),
    )
    conn.execute(of_record.values(answered_at=now))


def answer(conn: Connection, question_id: int, answer: Value, now: datetime) -> bool:
    """Keep a person's answer; False when the question is no longer open."""
    open_one = update(questions).where(_OPEN, questions.c.id == question_id)
    return conn.execute(open_one.values(answer=answer, answered_at=now)).rowcount == 1


def open_questions(conn: Connection, lane: str | None = None, limit: int = 100) -> tuple[Question, ...]:
    """What is open, in one lane or in all, the oldest first."""
    of_lane = select(questions).where(_OPEN).order_by(questions.c.id).limit(limit)
    if lane is not None:
        of_lane = of_lane.where(questions.c.lane == lane)
    return tuple(_question(row) for row in conn.execute(of_lane).mappings())


def _question(row: RowMapping) -> Question:
    return Question(
        lane=row["lane"],
        mapping=row["mapping"],
        ref=RecordRef(System(row["system"]), row["object"], row["record_id"]),
        topic=row["topic"],
        detail=row["detail"],
        asked_at=row["asked_at"],
        id=row["id"],
    )
