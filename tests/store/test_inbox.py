"""One way in: every new event makes its record due and owes its lanes an outcome."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError

from app.engine.events import Event, Kind, Origin
from app.engine.ledger import Outcome
from app.engine.memory import Later
from app.engine.records import RecordRef, System
from app.store import cursors, due, inbox
from app.store import outcomes as outcome_rows
from app.store.database import Database
from app.store.inbox import Recorded
from app.store.tables import due as due_table
from app.store.tables import inbox as inbox_table
from app.store.tables import outcomes
from tests.support.clock import VirtualClock
from tests.support.events import OTHER_LANE, ROUTES, event, scan
from tests.support.records import LANE, contact

ADA, BOB = contact(1), contact(2)
LATER = {Origin.PERSON: -60, Origin.XERO_WEBHOOK: 0, Origin.RECONCILE: 60, Origin.BACKFILL: 3600}


async def _record(database: Database, *events: Event) -> Recorded:
    return await database.run(lambda conn: inbox.record(conn, events, ROUTES, database.now(conn)))


async def _due(database: Database, record: RecordRef, lane: str = LANE) -> Mapping[str, object]:
    one = select(due_table).where(due_table.c.record_id == record.id, due_table.c.lane == lane)
    return await database.read(lambda conn: dict(conn.execute(one).mappings().one()))


async def _marks(database: Database) -> list[tuple[str, int, str]]:
    rows = select(inbox_table.c.key, outcomes.c.mark, outcomes.c.outcome).join_from(outcomes, inbox_table)
    return await database.read(lambda conn: [tuple(row) for row in conn.execute(rows.order_by(inbox_table.c.id))])


async def test_a_new_event_makes_its_record_due_now_and_owes_an_outcome(
    database: Database, clock: VirtualClock
) -> None:
    recorded = await _record(database, event(ADA, key="e1"))

    row = await _due(database, ADA)
    assert recorded == Recorded(accepted=1, known=0, unrouted=0, lanes=frozenset({LANE}))
    assert (row["counter"], row["due_at"], row["first_due_at"], row["attempts"]) == (1, clock.now(), clock.now(), 0)
    assert await _marks(database) == [("e1", 1, Outcome.PENDING)]


async def test_what_a_sender_said_is_kept(database: Database, clock: VirtualClock) -> None:
    said = event(ADA, kind=Kind.DELETED, version=clock.now() - timedelta(seconds=3))

    await _record(database, said)

    row = (await database.read(lambda conn: conn.execute(select(inbox_table)).mappings().all()))[0]
    assert {name: row[name] for name in ("key", "record_id", "kind", "origin", "version", "received_at")} == {
        "key": said.key,
        "record_id": ADA.id,
        "kind": Kind.DELETED,
        "origin": Origin.XERO_WEBHOOK,
        "version": said.version,
        "received_at": clock.now(),
    }


async def test_an_event_that_is_known_changes_nothing(database: Database, clock: VirtualClock) -> None:
    await _record(database, event(ADA, key="e1"))
    before = await _due(database, ADA)
    clock.advance(60)

    again = await _record(database, event(ADA, key="e1"))

    assert again == Recorded(accepted=0, known=1, unrouted=0, lanes=frozenset())
    assert await _due(database, ADA) == before


async def test_a_key_that_comes_twice_in_one_delivery_counts_once(database: Database) -> None:
    recorded = await _record(database, event(ADA, key="e1"), event(ADA, key="e1"))

    assert (recorded.accepted, recorded.known) == (1, 1)
    assert (await _due(database, ADA))["counter"] == 1


async def test_many_events_of_one_delivery_are_one_step_of_the_counter(database: Database) -> None:
    await _record(database, *(event(ADA, key=f"e{n}") for n in range(12)), event(BOB, key="bob"))

    assert (await _due(database, ADA))["counter"] == 1
    assert await _marks(database) == [*((f"e{n}", 1, "pending") for n in range(12)), ("bob", 1, "pending")]


async def test_each_delivery_is_a_step_of_the_counter(database: Database) -> None:
    for key in ("e1", "e2", "e3"):
        await _record(database, event(ADA, key=key))

    assert [mark for _, mark, _ in await _marks(database)] == [1, 2, 3]


async def test_an_event_goes_to_every_lane_that_it_concerns(database: Database) -> None:
    shared = RecordRef(System.SALESFORCE, "Shared__c", "s1")

    recorded = await _record(database, event(shared))

    assert recorded.lanes == {LANE, OTHER_LANE}
    assert {(await _due(database, shared, lane))["counter"] for lane in (LANE, OTHER_LANE)} == {1}
    assert len(await _marks(database)) == 2


async def test_what_no_sync_names_is_kept_and_makes_no_work(database: Database) -> None:
    recorded = await _record(database, event(ADA, account="of-somebody-else"))

    assert recorded == Recorded(accepted=1, known=0, unrouted=1, lanes=frozenset())
    assert await _marks(database) == []


async def test_a_delivery_without_events_is_nothing(database: Database) -> None:
    assert await _record(database) == Recorded(0, 0, 0, frozenset())


@pytest.mark.parametrize(("origin", "later_seconds"), LATER.items())
async def test_the_more_urgent_class_ranks_first(
    database: Database, clock: VirtualClock, origin: Origin, later_seconds: int
) -> None:
    await _record(database, event(ADA, origin=origin))

    assert (await _due(database, ADA))["rank_at"] == clock.now() + timedelta(seconds=later_seconds)


async def test_the_most_urgent_event_decides_the_class_and_the_oldest_the_rank(
    database: Database, clock: VirtualClock
) -> None:
    await _record(database, event(ADA, origin=Origin.PERSON), event(ADA, origin=Origin.BACKFILL))
    ranked_at, began_at = clock.now() - timedelta(seconds=60), clock.now()
    clock.advance(10)

    await _record(database, event(ADA, origin=Origin.BACKFILL))

    row = await _due(database, ADA)
    assert (row["priority"], row["rank_at"], row["first_due_at"]) == (0, ranked_at, began_at)


async def test_a_push_makes_a_postponed_record_due_at_once(database: Database, clock: VirtualClock) -> None:
    await _record(database, event(ADA))
    until = clock.now() + timedelta(hours=1)
    await database.run(lambda conn: due.postpone(conn, LANE, ADA, 1, Later(until, "locked", "row_lock", 3)))

    await _record(database, event(ADA))

    row = await _due(database, ADA)
    assert (row["due_at"], row["attempts"], row["code"], row["reason"]) == (clock.now(), 0, None, None)


async def test_a_fresh_event_revives_a_dead_letter(database: Database, clock: VirtualClock) -> None:
    await _record(database, event(ADA))
    await database.run(
        lambda conn: due.bury(conn, LANE, ADA, 1, code="invalid", reason="no name", now=database.now(conn))
    )

    await _record(database, event(ADA))

    row = await _due(database, ADA)
    assert (row["dead_at"], row["code"], row["reason"], row["counter"]) == (None, None, None, 2)


STAMP = datetime.fromisoformat("2026-03-02T08:00:00+00:00")


@pytest.mark.parametrize(
    ("deliveries", "newest"),
    [
        ([[1, 2]], 2),
        ([[2], [1]], 2),
        ([[1], [3]], 3),
        ([[1, None]], None),
        ([[1], [None]], None),
        ([[None], [1]], None),
    ],
)
async def test_the_echo_version_is_the_newest_stamp_if_all_have_one(
    database: Database, deliveries: list[list[int | None]], newest: int | None
) -> None:
    def stamp(hours: int | None) -> datetime | None:
        return None if hours is None else STAMP + timedelta(hours=hours)

    for versions in deliveries:
        await _record(database, *(event(ADA, version=stamp(hours)) for hours in versions))

    assert (await _due(database, ADA))["echo_version"] == stamp(newest)


@pytest.mark.parametrize(
    ("deliveries", "by"),
    [
        ([["us", "us"]], "us"),
        ([["us"], ["us"]], "us"),
        ([["us", "ana"]], None),
        ([["us"], ["ana"]], None),
        ([["us"], ["ana"], ["us"]], None),
        ([["us", None]], None),
        ([[None], ["us"]], None),
    ],
)
async def test_the_writer_of_an_echo_is_whom_every_push_names(
    database: Database, deliveries: list[list[str | None]], by: str | None
) -> None:
    for writers in deliveries:
        await _record(database, *(event(ADA, version=STAMP, by=writer) for writer in writers))

    assert (await _due(database, ADA))["echo_by"] == by


async def test_a_scan_is_requested_and_owed_an_outcome_without_a_due_record(
    database: Database, clock: VirtualClock
) -> None:
    recorded = await _record(database, scan(key="gap"), scan(key="overflow"))

    cursor = await database.read(lambda conn: cursors.get(conn, "acme", System.XERO, "Contact"))
    assert cursor is not None
    assert (cursor.scan_requested_at, cursor.next_at) == (clock.now(), clock.now())
    assert recorded.accepted == 2
    assert await _marks(database) == [("gap", 0, "pending"), ("overflow", 0, "pending")]
    assert await database.read(lambda conn: conn.execute(select(due_table)).all()) == []


async def test_nothing_of_a_delivery_is_kept_when_its_transaction_fails(database: Database) -> None:
    def record_and_fail(conn: Connection) -> None:
        inbox.record(conn, [event(ADA, key="e1")], ROUTES, database.now(conn))
        conn.execute(insert(inbox_table).values(key=None))

    with pytest.raises(IntegrityError):
        await database.run(record_and_fail)

    assert (await database.read(outcome_rows.counts)).accepted == 0
    assert (await _record(database, event(ADA, key="e1"))).accepted == 1


async def test_a_hundred_events_take_three_statements(database: Database) -> None:
    statements: list[str] = []

    def work(conn: Connection) -> None:
        listen(conn, "before_cursor_execute", lambda _conn, _cursor, statement, *_: statements.append(statement))
        inbox.record(conn, [event(contact(number)) for number in range(100)], ROUTES, database.now(conn))

    await database.run(work)

    assert len(statements) == 3
