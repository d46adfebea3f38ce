"""What a person pauses rests, and when it is resumed exactly that becomes due."""

from datetime import timedelta

from sqlalchemy import Connection

from app.engine.memory import Later
from app.engine.pauses import mapping_scope, record_scope, sync_scope, waits_for
from app.engine.records import RecordRef
from app.store import claims, due, inbox, pauses
from app.store.database import Database
from tests.support.events import ROUTES, event
from tests.support.records import LANE, SYNC, contact

CUSTOMERS = mapping_scope(SYNC, "customers")
ADA = record_scope(SYNC, contact(1))


async def pause(database: Database, scope: str, because: str = "month end") -> bool:
    return await database.run(lambda conn: pauses.pause(conn, scope, because, database.now(conn)))


async def resume(database: Database, scope: str, sync: str = SYNC) -> frozenset[str] | None:
    return await database.run(lambda conn: pauses.resume(conn, sync, scope, database.now(conn)))


async def rest(database: Database, ref: RecordRef, scope: str) -> None:
    """A record came due, and a drain let it rest."""

    def work(conn: Connection) -> None:
        now = database.now(conn)
        inbox.record(conn, [event(ref)], ROUTES, now)
        later = Later(now + timedelta(days=9999), "paused", "paused", waits_for=waits_for(scope))
        due.postpone(conn, LANE, ref, 1, later)

    await database.run(work)


async def claimable(database: Database) -> list[RecordRef]:
    found = await database.run(lambda conn: claims.claim(conn, LANE, 1, 50, database.now(conn)))
    return [each.ref for each in found]


async def test_a_pause_keeps_its_first_reason_until_it_is_resumed(database: Database) -> None:
    assert await pause(database, CUSTOMERS, "month end")
    assert not await pause(database, CUSTOMERS, "another reason")
    assert await database.read(lambda conn: pauses.of_sync(conn, SYNC)) == {CUSTOMERS: "month end"}
    assert await resume(database, CUSTOMERS) is not None
    assert await resume(database, CUSTOMERS) is None
    assert await database.read(lambda conn: pauses.of_sync(conn, SYNC)) == {}


async def test_resuming_makes_due_what_rested_because_of_it_and_nothing_else(database: Database) -> None:
    await pause(database, CUSTOMERS)
    await pause(database, ADA)
    await rest(database, contact(1), ADA)
    await rest(database, contact(2), CUSTOMERS)
    assert await claimable(database) == []
    assert await resume(database, ADA) == frozenset({LANE})
    assert await claimable(database) == [contact(1)]
    assert await resume(database, CUSTOMERS) == frozenset({LANE})
    assert await claimable(database) == [contact(2)]


async def test_the_engine_is_told_of_its_own_sync_and_not_of_others(database: Database) -> None:
    for scope in (CUSTOMERS, ADA, sync_scope(SYNC), mapping_scope("acme-2", "customers"), record_scope("b", contact())):
        await pause(database, scope)
    assert set(await database.read(lambda conn: pauses.of_sync(conn, SYNC))) == {CUSTOMERS, ADA}


async def test_what_is_paused_is_told_with_how_much_rests_because_of_it(database: Database) -> None:
    await pause(database, CUSTOMERS)
    await pause(database, ADA, "Ada is audited")
    for number in (2, 3):
        await rest(database, contact(number), CUSTOMERS)
    told = await database.read(pauses.everything)
    assert [(each.scope, each.because, each.resting) for each in told] == [
        (CUSTOMERS, "month end", 2),
        (ADA, "Ada is audited", 0),
    ]
