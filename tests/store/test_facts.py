"""The facts that troubles are told from are those that the tables hold."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from app.addresses import XERO
from app.engine.actions import Verb
from app.engine.credentials import TokenSet
from app.engine.events import Arrival, Origin
from app.engine.ledger import Question
from app.engine.memory import Later
from app.engine.silence import Found
from app.engine.troubles import Facts, Held, Reading, Several
from app.engine.usage import Tally
from app.mapping.values import System
from app.store import due, facts, finds, holds, inbox, lapses, pauses, progress, pushes, questions, usage
from app.store.database import Database
from app.store.progress import Purpose
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.events import ROUTES, event
from tests.support.records import LANE, SYNC, contact

NZ = (System.XERO, "nz")


async def look(database: Database) -> Facts:
    return await database.read(lambda conn: facts.look(conn, database.now(conn)))


async def push(database: Database, number: int, origin: Origin = Origin.XERO_WEBHOOK) -> None:
    await database.run(
        lambda conn: inbox.record(conn, [event(contact(number), origin=origin)], ROUTES, database.now(conn))
    )


async def bury(database: Database, number: int, code: str) -> None:
    await database.run(
        lambda conn: due.bury(conn, LANE, contact(number), 1, code=code, reason="no", now=database.now(conn))
    )


async def put_off(database: Database, number: int, *, waits_for: str | None = None) -> None:
    def work(conn: Connection) -> bool:
        later = Later(database.now(conn) + timedelta(minutes=1), "the sign-in is refused", waits_for=waits_for)
        return due.postpone(conn, LANE, contact(number), 1, later)

    assert await database.run(work)


async def ask(database: Database, number: int) -> None:
    asked = Question(LANE, "customers", contact(number), "ambiguous", {})
    await database.run(lambda conn: questions.ask(conn, asked, database.now(conn)))


async def test_where_nothing_ever_was_there_are_no_facts(database: Database, clock: VirtualClock) -> None:
    assert await look(database) == Facts(clock.now(), {}, {}, {}, {}, {}, {}, (), {}, {}, {})


async def test_live_work_is_counted_by_lane_since_the_first_of_it_and_backfill_is_not(
    database: Database, clock: VirtualClock
) -> None:
    await push(database, 9, Origin.BACKFILL)
    began = clock.advance(60)
    await push(database, 1)
    clock.advance(60)
    await push(database, 2)
    assert (await look(database)).waiting == {LANE: Several(2, began)}


async def test_what_was_put_off_waits_all_the_same(database: Database, clock: VirtualClock) -> None:
    began = clock.now()
    await push(database, 1)
    clock.advance(60)
    await push(database, 2)
    for number in (1, 2):
        await put_off(database, number)
    assert (await look(database)).waiting == {LANE: Several(2, began)}


async def test_what_waits_for_something_else_does_not_count_until_that_comes(
    database: Database, clock: VirtualClock
) -> None:
    await push(database, 1)
    await put_off(database, 1, waits_for="pause:record")
    assert (await look(database)).waiting == {}
    began = clock.now()
    await database.run(lambda conn: due.wake(conn, SYNC, "pause:record", clock.now()))
    assert (await look(database)).waiting == {LANE: Several(1, began)}


async def test_a_lane_that_is_held_is_told_as_held_and_not_as_waiting(database: Database, clock: VirtualClock) -> None:
    await push(database, 1)
    now = clock.now()
    await database.run(lambda conn: holds.hold(conn, LANE, "too many", now, Verb.CREATE))
    found = await look(database)
    assert (found.waiting, found.held) == ({}, {LANE: Held(now, Verb.CREATE)})
    await database.run(lambda conn: holds.release(conn, LANE, 0, now))
    await database.run(lambda conn: holds.hold(conn, LANE, "a person", now))
    assert (await look(database)).held == {LANE: Held(now, None)}


async def test_a_paused_sync_does_not_wait(database: Database, clock: VirtualClock) -> None:
    await push(database, 1)
    await database.run(lambda conn: pauses.pause(conn, f"sync:{SYNC}", "month end", clock.now()))
    assert (await look(database)).waiting == {}


async def test_dead_letters_are_counted_by_lane_and_code(database: Database, clock: VirtualClock) -> None:
    first = clock.now()
    for number, code in ((1, "email"), (2, "email"), (3, "too_long")):
        await push(database, number)
        await bury(database, number, code)
        clock.advance(1)
    found = await look(database)
    assert found.dead == {(LANE, "email"): Several(2, first), (LANE, "too_long"): Several(1, first + timedelta(0, 2))}
    assert found.waiting == {}


async def test_questions_are_counted_by_lane_while_they_are_open(database: Database, clock: VirtualClock) -> None:
    first = clock.now()
    for number in (1, 2):
        await ask(database, number)
        clock.advance(1)
    assert (await look(database)).questions == {LANE: Several(2, first)}


async def test_of_every_connection_it_is_known_what_it_used_and_when_it_was_heard_and_signed_in(
    database: Database, clock: VirtualClock
) -> None:
    now, used = clock.now(), Tally(*NZ, "2026-03-02", 3, 4, 5, clock.now())
    await DatabaseTokenVault(database, Vault(["a-key-of-thirty-two-characters-or-more"])).save(
        "xero:nz", TokenSet("access", "refresh", now), 0
    )
    await database.run(lambda conn: usage.add(conn, [used, Tally(*NZ, "2026-03-01", 9)]))
    await database.run(lambda conn: lapses.note(conn, {NZ: now}))
    await database.run(lambda conn: finds.note(conn, NZ, now, (), now))
    await database.run(lambda conn: pushes.note(conn, [Arrival(XERO, "nz")], now))
    found = await look(database)
    assert found.used == (used,)
    assert found.lapsed_at == {NZ: now}
    assert found.tokens_saved_at == {NZ: now}
    assert found.found == {NZ: Found(now, now)}
    assert found.pushed_at == {Arrival(XERO, "nz"): now}


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_only_a_read_that_makes_up_for_a_long_absence_is_one(
    database: Database, clock: VirtualClock, purpose: Purpose
) -> None:
    key = (purpose, SYNC, System.SALESFORCE, "Account")
    await database.run(lambda conn: progress.start(conn, key, clock.now()))
    expected = {Reading(*key[1:]): clock.now()} if purpose is Purpose.EVERYTHING else {}
    assert (await look(database)).reading_whole == expected
