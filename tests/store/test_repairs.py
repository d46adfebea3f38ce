"""What a person does about records is done whole, and the events still add up."""

from sqlalchemy import Connection

from app.engine.ledger import Outcome
from app.engine.pauses import record_scope
from app.store import due, history, inbox, links, outcomes, pauses, repairs
from app.store.database import Database
from tests.support.events import ROUTES, event
from tests.support.records import LANE, SYNC, account, contact, link

ADA = contact(1)


async def buried(database: Database) -> None:
    def work(conn: Connection) -> None:
        inbox.record(conn, [event(ADA, key="e1")], ROUTES, database.now(conn))
        due.bury(conn, LANE, ADA, 1, code="email", reason="not valid", now=database.now(conn))
        outcomes.bury(conn, LANE, ADA, 1, "not valid", database.now(conn))

    await database.run(work)


async def test_a_dead_letter_is_dismissed_once_and_its_event_ends_as_filtered(database: Database) -> None:
    await buried(database)
    assert await database.run(lambda conn: repairs.dismiss(conn, LANE, ADA, database.now(conn)))
    assert not await database.run(lambda conn: repairs.dismiss(conn, LANE, ADA, database.now(conn)))
    (told,) = await database.read(lambda conn: outcomes.of_record(conn, *ADA))
    assert (told.outcome, told.reason) == (Outcome.FILTERED, "dismissed by a person: not valid")
    assert (await database.read(outcomes.counts)).holds


async def test_what_is_alive_cannot_be_dismissed(database: Database) -> None:
    await database.run(lambda conn: inbox.record(conn, [event(ADA)], ROUTES, database.now(conn)))
    assert not await database.run(lambda conn: repairs.dismiss(conn, LANE, ADA, database.now(conn)))
    assert (await database.read(outcomes.counts)).lanes[LANE] == {Outcome.PENDING: 1}


async def test_two_are_tied_and_taken_apart_with_a_line_of_history_each(database: Database) -> None:
    tie = link(account(1), contact(1))
    events = [event(contact(1), key="a person's")]
    lanes = await database.run(lambda conn: repairs.tie(conn, LANE, tie, events, ROUTES, database.now(conn)))
    assert lanes == frozenset({LANE})
    (bound,) = (await database.read(lambda conn: links.of(conn, SYNC, [account(1)])))[account(1)]
    await database.run(lambda conn: repairs.part(conn, LANE, bound, database.now(conn)))
    assert await database.read(lambda conn: links.of(conn, SYNC, [account(1)])) == {account(1): ()}
    paused = await database.read(lambda conn: pauses.of_sync(conn, SYNC))
    assert set(paused) == {record_scope(SYNC, account(1)), record_scope(SYNC, contact(1))}
    told = await database.read(lambda conn: history.of_record(conn, account(1)))
    assert [entry.action for entry in told] == ["unlink", "link"]


async def test_a_tie_lets_both_go_on_and_one_that_is_taken_changes_nothing(database: Database) -> None:
    tie = link(account(1), contact(1))
    await database.run(lambda conn: repairs.tie(conn, LANE, tie, [], ROUTES, database.now(conn)))
    (bound,) = (await database.read(lambda conn: links.of(conn, SYNC, [account(1)])))[account(1)]
    await database.run(lambda conn: repairs.part(conn, LANE, bound, database.now(conn)))
    await database.run(lambda conn: repairs.tie(conn, LANE, tie, [], ROUTES, database.now(conn)))
    assert await database.read(lambda conn: pauses.of_sync(conn, SYNC)) == {}
    other = link(account(2), contact(1))
    assert await database.run(lambda conn: repairs.tie(conn, LANE, other, [], ROUTES, database.now(conn))) is None
    assert len(await database.read(lambda conn: history.of_record(conn, contact(1)))) == 3
