"""A question is asked once and answered or withdrawn once."""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection

from app.engine.events import Priority
from app.engine.ledger import Decision, Decisions, Question, Take
from app.engine.records import RecordRef, System
from app.mapping.values import Value
from app.store import claims, questions
from app.store import due as due_rows
from app.store.database import Database
from tests.support.records import LANE, SYNC, account, at, contact


def question(ref: RecordRef, topic: str = "ambiguous", **detail: Value) -> Question:
    return Question(LANE, "customers", ref, topic, detail)


async def ask(database: Database, *asked: Question, seconds: float = 0) -> None:
    def work(conn: Connection) -> None:
        for each in asked:
            questions.ask(conn, each, at(seconds))

    await database.run(work)


async def close(database: Database, refs: list[RecordRef], *standing: Question) -> None:
    await database.run(lambda conn: questions.close(conn, LANE, refs, standing, at(99)))


async def open_ones(database: Database, lane: str | None = None) -> tuple[Question, ...]:
    return await database.read(lambda conn: questions.open_questions(conn, lane))


async def topics(database: Database) -> list[tuple[RecordRef, str]]:
    return [(each.ref, each.topic) for each in await open_ones(database)]


async def test_an_open_question_says_what_was_asked_and_when(database: Database) -> None:
    asked = question(account(), candidates=["a", "b"], balance=Decimal("1.50"))
    await ask(database, asked, seconds=7)
    (found,) = await open_ones(database)
    assert found == replace(asked, asked_at=at(7), id=found.id)
    assert found.id > 0


async def test_a_topic_is_open_once_and_its_detail_is_the_latest(database: Database) -> None:
    await ask(database, question(account(), candidates=["a"]), seconds=1)
    await ask(database, question(account(), candidates=["b"]), seconds=2)
    (found,) = await open_ones(database)
    assert (found.detail, found.asked_at) == ({"candidates": ["b"]}, at(1))


async def test_other_topics_records_and_lanes_are_other_questions(database: Database) -> None:
    elsewhere = replace(question(account(1)), lane="other/Contact")
    asked = [question(account(1)), question(account(1), "conflict"), question(account(2)), question(contact(1))]
    await ask(database, *asked, elsewhere)
    assert len(await open_ones(database)) == 5
    assert len(await open_ones(database, LANE)) == 4


async def test_what_no_longer_stands_is_withdrawn(database: Database) -> None:
    kept = question(account(1), "conflict")
    await ask(database, question(account(1)), kept, question(account(2)), question(contact(1)))
    await close(database, [account(1), contact(1)], kept)
    assert await topics(database) == [(account(1), "conflict"), (account(2), "ambiguous")]


async def test_withdrawing_touches_no_other_lane(database: Database) -> None:
    await ask(database, replace(question(account()), lane="other/Contact"))
    await close(database, [account()])
    assert len(await open_ones(database)) == 1


async def test_a_question_is_answered_once(database: Database) -> None:
    await ask(database, question(account()))
    (found,) = await open_ones(database)
    answers = [
        await database.run(lambda conn: questions.answer(conn, found.id, {"take": "salesforce"}, at(5)))
        for _ in range(2)
    ]
    assert answers == [True, False]
    assert await open_ones(database) == ()


async def test_a_topic_that_was_answered_may_be_asked_again(database: Database) -> None:
    await ask(database, question(account()))
    (first,) = await open_ones(database)
    await database.run(lambda conn: questions.answer(conn, first.id, "skip", at(5)))
    await ask(database, question(account()), seconds=9)
    (second,) = await open_ones(database)
    assert (second.asked_at, second.id != first.id) == (at(9), True)


async def test_only_so_many_questions_are_listed_the_oldest_first(database: Database) -> None:
    await ask(database, *(question(account(number)) for number in range(4)))
    found = await database.read(lambda conn: questions.open_questions(conn, limit=2))
    assert [each.ref for each in found] == [account(0), account(1)]


async def test_what_a_person_decides_is_kept_and_closes_the_question_once(database: Database) -> None:
    await ask(database, question(account(), candidates=["a"]))
    (found,) = await open_ones(database)
    assert await database.run(lambda conn: questions.decide(conn, found.id, Take.CREATE, at(5)))
    assert await open_ones(database) == ()
    assert not await database.run(lambda conn: questions.decide(conn, found.id, Take.LEAVE, at(6)))


async def decide(database: Database, question_id: int, take: Take, seconds: float = 9) -> bool:
    return await database.run(lambda conn: questions.decide(conn, question_id, take, at(seconds)))


async def decisions(database: Database) -> dict[RecordRef, Decisions]:
    return await database.read(lambda conn: questions.decisions(conn, LANE, [account(), contact()]))


async def test_a_decision_shows_what_the_question_showed_until_it_is_used(database: Database) -> None:
    await ask(database, question(account(), "conflict:Phone", salesforce="1", xero=Decimal("2.50")))
    assert await decisions(database) == {}
    (open_one,) = await open_ones(database)
    assert await decide(database, open_one.id, Take.XERO)
    shown: dict[str, Value] = {"salesforce": "1", "xero": Decimal("2.50")}
    expected = {account(): {"conflict:Phone": Decision(open_one.id, Take.XERO, shown)}}
    assert await decisions(database) == expected
    await database.run(lambda conn: questions.use(conn, [open_one.id], at(10)))
    assert await decisions(database) == {}


async def test_deciding_makes_the_record_due(database: Database) -> None:
    await ask(database, question(account()))
    (open_one,) = await open_ones(database)
    await decide(database, open_one.id, Take.CREATE)
    (claimed,) = await database.run(lambda conn: claims.claim(conn, LANE, 1, 9, at(10)))
    assert (claimed.ref, claimed.priority) == (account(), Priority.PERSON)


async def test_the_latest_of_two_answers_to_one_topic_counts(database: Database) -> None:
    for take in (Take.LEAVE, Take.CREATE):
        await ask(database, question(account()))
        (open_one,) = await open_ones(database)
        await decide(database, open_one.id, take)
    assert (await decisions(database))[account()]["ambiguous"].take is Take.CREATE
    await database.run(lambda conn: questions.use(conn, [open_one.id], at(10)))
    assert await decisions(database) == {}


async def test_what_was_withdrawn_is_no_decision(database: Database) -> None:
    await ask(database, question(account()))
    await close(database, [account()])
    assert await decisions(database) == {}


async def test_a_question_is_found_by_the_record_that_it_waits_for(database: Database) -> None:
    await ask(database, replace(question(account(), "taken"), other=contact(2)), question(account(3)))
    found = await database.read(lambda conn: questions.waiting_for(conn, LANE, [contact(), contact(2)]))
    assert {ref: [each.ref for each in waiting] for ref, waiting in found.items()} == {contact(2): [account()]}
    await close(database, [account()])
    assert await database.read(lambda conn: questions.waiting_for(conn, LANE, [contact(2)])) == {}


async def test_when_an_organisation_is_another_one_what_was_asked_is_withdrawn_and_planned_anew(
    database: Database,
) -> None:
    elsewhere = replace(question(account(4)), lane=f"{SYNC}s/Contact")
    await ask(database, question(account(1)), question(contact(2), "invisible"), question(account(3)), elsewhere)
    (decided,) = [each for each in await open_ones(database) if each.ref == account(3)]
    await database.run(lambda conn: questions.decide(conn, decided.id, Take.CREATE, at(5)))
    (claimed,) = await database.run(lambda conn: claims.claim(conn, LANE, 1, 10, at(6)))
    await database.run(lambda conn: due_rows.settle(conn, LANE, {claimed.ref: claimed.mark}, at(6)))
    await database.run(lambda conn: questions.begin_anew(conn, SYNC, {System.XERO}, at(7)))
    assert await topics(database) == [(account(4), "ambiguous")]
    assert await database.read(lambda conn: questions.decisions(conn, LANE, [account(3)])) == {}
    due = await database.run(lambda conn: claims.claim(conn, LANE, 1, 10, at(8)))
    assert sorted(each.ref for each in due) == [account(1), account(3)]
