"""Intents are settled one by one."""

from dataclasses import replace
from functools import partial

from app.engine.ledger import Intent, IntentResult
from app.engine.records import Agreed, System
from app.store import calls, intents
from app.store.database import Database
from app.store.intents import Settled
from tests.support.records import LANE, account, at, call, contact, intent


async def stored(database: Database, *wanted: Intent) -> tuple[Intent, ...]:
    return (await database.run(lambda conn: calls.open(conn, call(*wanted), at(0)))).intents


async def reloaded(database: Database) -> tuple[Intent, ...]:
    ids = range(1, 100)
    by_call = await database.read(lambda conn: intents.of_calls(conn, ids))
    return tuple(each for of_call in by_call.values() for each in of_call)


async def test_what_an_intent_carries_comes_back_as_pairs(database: Database) -> None:
    (kept,) = await stored(database, replace(intent(account()), carries={"Phone": Agreed("1", "2")}, link_id=7))
    assert kept.carries["Phone"].xero == "2"
    assert await reloaded(database) == (kept,)


async def test_intents_towards_salesforce_name_a_xero_source(database: Database) -> None:
    (kept,) = await stored(database, intent(contact(1), account(1).id))
    assert await reloaded(database) == (kept,)
    assert await database.read(lambda conn: intents.unresolved_refs(conn, LANE)) == (contact(1), account(1))


async def test_each_intent_is_settled_on_its_own(database: Database) -> None:
    first, second, third = await stored(database, *(intent(account(number)) for number in range(3)))
    results = [Settled(first.id, IntentResult.DONE, contact(1).id), Settled(third.id, IntentResult.REFUSED)]
    await database.run(lambda conn: intents.settle(conn, results))
    assert await reloaded(database) == (
        replace(first, result=IntentResult.DONE, target_id=contact(1).id),
        second,
        replace(third, result=IntentResult.REFUSED),
    )


async def test_settling_without_a_target_keeps_the_known_one(database: Database) -> None:
    (kept,) = await stored(database, intent(account(), contact(1).id))
    await database.run(lambda conn: intents.settle(conn, [Settled(kept.id, IntentResult.DONE)]))
    assert await reloaded(database) == (replace(kept, result=IntentResult.DONE),)


async def test_unresolved_records_are_each_named_once_the_oldest_first(database: Database) -> None:
    done, *_ = await stored(database, intent(account(9)), intent(account(2), contact(2).id), intent(account(1)))
    await stored(database, intent(account(2), contact(2).id), intent(account(3)))
    await database.run(lambda conn: intents.settle(conn, [Settled(done.id, IntentResult.NOT_DONE)]))
    refs = await database.read(lambda conn: intents.unresolved_refs(conn, LANE))
    assert refs == (account(2), contact(2), account(1), account(3))
    assert await database.read(lambda conn: intents.unresolved_refs(conn, "other/Contact")) == ()


async def test_settling_nothing_is_fine(database: Database) -> None:
    (kept,) = await stored(database, intent(account()))
    await database.run(lambda conn: intents.settle(conn, []))
    assert await reloaded(database) == (kept,)


async def test_a_call_of_two_elements_has_not_failed_alone_even_when_one_is_settled(database: Database) -> None:
    both = await database.run(lambda conn: calls.open(conn, call(intent(account(1)), intent(account(2))), at(0)))
    later = await database.run(lambda conn: calls.open(conn, call(intent(account(3))), at(0)))
    ended = [Settled(both.intents[0].id, IntentResult.NOT_DONE), Settled(later.intents[0].id, IntentResult.DONE)]
    await database.run(lambda conn: intents.settle(conn, ended))
    left = replace(both, intents=both.intents[1:])
    assert not await database.read(lambda conn: intents.failed_alone(conn, left))


async def test_a_call_knows_whether_its_system_has_answered_to_a_later_one(database: Database) -> None:
    first = await database.run(lambda conn: calls.open(conn, call(intent(account(1))), at(0)))
    second = await database.run(lambda conn: calls.open(conn, call(intent(account(2))), at(0)))

    async def failed_alone() -> tuple[bool, ...]:
        asked = [first, second, replace(first, lane="other/Contact"), replace(first, system=System.SALESFORCE)]
        return tuple([await database.read(partial(intents.failed_alone, call=each)) for each in asked])

    async def settle(result: IntentResult) -> None:
        await database.run(lambda conn: intents.settle(conn, [Settled(second.intents[0].id, result)]))

    for result in (IntentResult.NOT_DONE, IntentResult.OPEN):
        await settle(result)
        assert await failed_alone() == (False, False, False, False)
    for result in (IntentResult.DONE, IntentResult.REFUSED):
        await settle(result)
        assert await failed_alone() == (True, False, False, False)
