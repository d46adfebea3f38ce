"""What a batch brought about is put down together."""

from app.engine.ledger import DueRecord, Lease, Outcome
from app.engine.memory import Dead, Settled
from app.store import backlog, claims, inbox, settlements
from app.store.database import Database
from tests.support.events import ROUTES, event
from tests.support.records import LANE, contact

ADA, BOB = contact(1), contact(2)


async def claimed(database: Database) -> dict[str, DueRecord]:
    await database.run(lambda conn: inbox.record(conn, [event(ADA), event(BOB)], ROUTES, database.now(conn)))
    records = await database.run(lambda conn: claims.claim(conn, LANE, 1, 50, database.now(conn)))
    return {record.ref.id: record for record in records}


async def settle(database: Database, *settled: Settled) -> None:
    lease = Lease(LANE, "worker-1", 1, await database.run(database.now))
    await database.run(lambda conn: settlements.settle(conn, lease, settled, database.now(conn)))


async def dead(database: Database) -> list[str]:
    return [letter.ref.id for letter in await database.read(backlog.dead)]


async def test_a_dead_letter_is_over_when_its_counterpart_ends_well(database: Database) -> None:
    due = await claimed(database)
    await settle(database, Settled((due[ADA.id],), dead=Dead("email", "no"), reason="no"))
    assert await dead(database) == [ADA.id]
    await settle(database, Settled((due[BOB.id],), Outcome.UNCHANGED, withdrawn=(ADA, BOB)))
    assert await dead(database) == []


async def test_a_record_that_fails_in_one_pair_is_not_revived_by_its_other_one(database: Database) -> None:
    due = await claimed(database)
    failed = Settled((due[ADA.id],), dead=Dead("email", "no"), reason="no")
    await settle(database, failed, Settled((), Outcome.APPLIED, withdrawn=(ADA, BOB)))
    assert await dead(database) == [ADA.id]
