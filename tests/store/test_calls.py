"""Calls are committed whole and found again while they owe an answer."""

from dataclasses import replace

from hypothesis import strategies as st
from sqlalchemy import Connection

from app.engine.actions import Element, Request
from app.engine.ledger import Call, CallResult, IntentResult
from app.mapping.values import Json
from app.store import calls, intents
from app.store.database import Database
from app.store.intents import Settled
from tests.support.laws import always, wire_values
from tests.support.records import LANE, SYNC, account, at, call, contact, intent


async def opened(database: Database, wanted: Call, seconds: float = 0) -> Call:
    return await database.run(lambda conn: calls.open(conn, wanted, at(seconds)))


async def settle(database: Database, *results: Settled) -> None:
    await database.run(lambda conn: intents.settle(conn, results))


async def answer(database: Database, call_id: int, result: CallResult) -> None:
    await database.run(lambda conn: calls.answer(conn, call_id, result, "req-7", "cut off", at(9)))


async def load(database: Database, *call_ids: int) -> tuple[Call, ...]:
    return await database.read(lambda conn: calls.of_ids(conn, call_ids))


async def test_an_opened_call_has_ids_and_the_time_it_was_sent(database: Database) -> None:
    stored = await opened(database, call(intent(account(1)), intent(account(2))), seconds=5)
    assert stored.id > 0
    assert stored.sent_at == at(5)
    assert [each.source for each in stored.intents] == [account(1), account(2)]
    assert len({each.id for each in stored.intents} - {0}) == 2
    assert await load(database, stored.id) == (stored,)


async def test_a_call_without_intents_is_kept_too(database: Database) -> None:
    stored = await opened(database, call())
    assert await load(database, stored.id) == (stored,)


async def test_fifty_intents_keep_the_order_of_their_elements(database: Database) -> None:
    stored = await opened(database, call(*(intent(account(number)) for number in range(50))))
    assert [each.source for each in stored.intents] == [account(number) for number in range(50)]
    assert await load(database, stored.id) == (stored,)


async def test_any_request_and_element_come_back_exactly(database: Database) -> None:
    def law(conn: Connection, drawn: tuple[str, Json, str | None]) -> None:
        body, value, key = drawn
        element = Element(None, {"Field": value}, key_field="ContactNumber", key=key)
        sent = replace(call(intent(account(), element=element)), request=Request("PUT", "Contacts", body, "key-9"))
        stored = calls.open(conn, sent, at(0))
        (loaded,) = calls.of_ids(conn, [stored.id])
        assert loaded == stored
        assert loaded.request.body.encode() == body.encode()
        assert loaded.intents[0].element == element

    bodies = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    await always(database, law, st.tuples(bodies, wire_values(), st.none() | st.just("001")))


async def test_an_answer_says_how_the_whole_call_ended(database: Database) -> None:
    stored = await opened(database, call(intent(account())))
    await answer(database, stored.id, CallResult.DOUBTFUL)
    (loaded,) = await load(database, stored.id)
    assert loaded == replace(stored, result=CallResult.DOUBTFUL, request_id="req-7", error="cut off", answered_at=at(9))


async def test_unresolved_calls_hold_only_the_open_intents_of_those_records(database: Database) -> None:
    stored = await opened(database, call(*(intent(account(number)) for number in range(4))))
    await settle(database, Settled(stored.intents[1].id, IntentResult.DONE, contact(1).id))
    refs = [account(1), account(2), account(3)]
    found = await database.read(lambda conn: calls.unresolved(conn, LANE, refs))
    assert found == (replace(stored, intents=stored.intents[2:]),)


async def test_unresolved_calls_are_found_by_their_target_too(database: Database) -> None:
    stored = await opened(database, call(intent(account(1), contact(1).id)))
    found = await database.read(lambda conn: calls.unresolved(conn, LANE, [contact(1)]))
    assert found == (stored,)


async def test_the_same_id_on_the_other_side_is_another_record(database: Database) -> None:
    await opened(database, call(intent(account(1), contact(1).id)))
    strangers = [contact(1)._replace(id=account(1).id), account(1)._replace(id=contact(1).id)]
    assert await database.read(lambda conn: calls.unresolved(conn, LANE, strangers)) == ()


async def test_unresolved_calls_come_oldest_first_and_only_of_the_lane(database: Database) -> None:
    first = await opened(database, call(intent(account(1))))
    await opened(database, call(intent(account(1)), lane="other/Contact"))
    second = await opened(database, call(intent(account(2)), intent(account(1))))
    found = await database.read(lambda conn: calls.unresolved(conn, LANE, [account(1)]))
    assert [each.id for each in found] == [first.id, second.id]


async def test_without_records_every_unresolved_call_of_the_lane_is_meant(database: Database) -> None:
    first = await opened(database, call(intent(account(1))))
    second = await opened(database, call(intent(account(2)), intent(account(3))))
    await settle(database, Settled(second.intents[0].id, IntentResult.REFUSED))
    found = await database.read(lambda conn: calls.unresolved(conn, LANE))
    assert found == (first, replace(second, intents=second.intents[1:]))


async def test_old_calls_that_owe_nothing_are_pruned_with_their_intents(database: Database) -> None:
    settled, owing, unanswered = [await opened(database, call(intent(account(number)))) for number in range(3)]
    young = await opened(database, call(), seconds=100)
    for each in (settled, owing, young):
        await answer(database, each.id, CallResult.ANSWERED)
    await settle(database, *(Settled(each.intents[0].id, IntentResult.DONE) for each in (settled, unanswered)))
    assert await database.run(lambda conn: calls.prune(conn, at(100))) == 1
    left = await load(database, settled.id, owing.id, unanswered.id, young.id)
    assert [each.id for each in left] == [owing.id, unanswered.id, young.id]
    assert await database.read(lambda conn: intents.of_calls(conn, [settled.id])) == {}


async def test_pruning_stops_at_its_limit(database: Database) -> None:
    for _ in range(3):
        await answer(database, (await opened(database, call())).id, CallResult.NOT_DONE)
    assert [await database.run(lambda conn: calls.prune(conn, at(100), limit=2)) for _ in range(3)] == [2, 1, 0]


async def test_of_a_sync_that_has_moved_open_calls_count_as_not_done(database: Database) -> None:
    doubtful, half = [await opened(database, call(intent(account(n)), intent(account(n + 1)))) for n in (1, 3)]
    elsewhere = await opened(database, replace(call(intent(account(5))), lane=f"{SYNC}s/Contact"))
    await settle(database, Settled(half.intents[0].id, IntentResult.DONE))
    await answer(database, half.id, CallResult.ANSWERED)
    await database.run(lambda conn: calls.give_up(conn, SYNC, "it moved", at(9)))
    found = await load(database, doubtful.id, half.id, elsewhere.id)
    assert [each.result for each in found] == [CallResult.NOT_DONE, CallResult.ANSWERED, CallResult.OPEN]
    assert await database.read(lambda conn: calls.unresolved(conn, LANE)) == ()
    assert len(await database.read(lambda conn: calls.unresolved(conn, f"{SYNC}s/Contact"))) == 1
