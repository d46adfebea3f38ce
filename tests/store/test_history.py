"""History is told per record and per lane."""

from dataclasses import replace
from decimal import Decimal

from app.engine.ledger import Entry
from app.engine.records import RecordRef, System
from app.store import history
from app.store.database import Database
from tests.support.records import LANE, account, at, contact


def entry(seconds: float = 0, *, number: int = 1, lane: str = LANE, target: System | None = System.XERO) -> Entry:
    return Entry(
        at=at(seconds),
        lane=lane,
        epoch=3,
        mapping="customers",
        salesforce_object="Account",
        salesforce_id=account(number).id,
        xero_object="Contact",
        xero_id=contact(number).id,
        action="update",
        target=target,
        reason="Phone changed in Salesforce",
        changes={"Phone": {"before": None, "after": Decimal("1.50"), "target": "xero", "rule": "changed"}},
        outcome="done",
        call_id=7,
        error="none",
    )


def whens(entries: tuple[Entry, ...]) -> list[float]:
    return [(each.at - at(0)).total_seconds() for each in entries]


async def add(database: Database, *entries: Entry) -> None:
    await database.run(lambda conn: history.add(conn, entries))


async def of_record(database: Database, ref: RecordRef) -> tuple[Entry, ...]:
    return await database.read(lambda conn: history.of_record(conn, ref))


async def test_an_entry_comes_back_as_it_was_added(database: Database) -> None:
    await add(database, entry(1), entry(2, target=None))
    second, first = await database.read(lambda conn: history.of_lane(conn, LANE))
    assert (first.id, second.id) == (1, 2)
    assert first == replace(entry(1), id=1)
    assert second.target is None
    assert first.target is System.XERO


async def test_a_record_is_found_on_either_side_the_newest_first(database: Database) -> None:
    await add(database, entry(1), entry(3), entry(2), entry(4, number=2))
    assert whens(await of_record(database, account(1))) == [3, 2, 1]
    assert whens(await of_record(database, contact(1))) == [3, 2, 1]
    assert whens(await of_record(database, account(9))) == []


async def test_entries_of_one_instant_come_in_the_order_they_were_added_last_first(database: Database) -> None:
    await add(database, entry(1), entry(1))
    assert [each.id for each in await of_record(database, account(1))] == [2, 1]


async def test_a_lane_has_its_own_history_up_to_a_limit(database: Database) -> None:
    await add(database, entry(1), entry(2), entry(3), entry(4, lane="other/Contact"))
    assert whens(await database.read(lambda conn: history.of_lane(conn, LANE, limit=2))) == [3, 2]


async def test_adding_nothing_is_fine(database: Database) -> None:
    await add(database)
    assert await database.read(lambda conn: history.of_lane(conn, LANE)) == ()
