"""Every accepted event ends in one outcome, and the sum is right at every moment."""

import pytest
from sqlalchemy import delete

from app.engine.events import Event, Kind, Origin
from app.engine.ledger import Outcome
from app.engine.records import RecordRef, System
from app.store import due, inbox, outcomes
from app.store.database import Database
from app.store.outcomes import Ending, Told
from app.store.tables import due as due_table
from app.store.tables import outcomes as outcomes_table
from tests.support.clock import VirtualClock
from tests.support.events import OTHER_LANE, ROUTES, event, scan
from tests.support.records import LANE, contact

ADA = contact(1)


async def _record(database: Database, *events: Event) -> None:
    await database.run(lambda conn: inbox.record(conn, events, ROUTES, database.now(conn)))


async def _settle(database: Database, mark: int, outcome: Outcome, reason: str | None = None) -> None:
    ending = Ending(ADA, mark, outcome, reason)
    await database.run(lambda conn: outcomes.settle(conn, LANE, [ending], database.now(conn)))


async def _told(database: Database, ref: RecordRef = ADA) -> dict[str, Outcome | None]:
    told = await database.read(lambda conn: outcomes.of_record(conn, *ref))
    return {each.key: each.outcome for each in told}


async def test_the_newest_event_gets_the_outcome_and_the_older_are_superseded(database: Database) -> None:
    await _record(database, event(ADA, key="e1"))
    await _record(database, event(ADA, key="e2"), event(ADA, key="e3"))

    await _settle(database, 2, Outcome.APPLIED)

    assert await _told(database) == {"e1": "superseded", "e2": "superseded", "e3": "applied"}


async def test_what_came_after_the_mark_stays_pending(database: Database) -> None:
    await _record(database, event(ADA, key="e1"))
    await _record(database, event(ADA, key="e2"))

    await _settle(database, 1, Outcome.UNCHANGED)

    assert await _told(database) == {"e1": "unchanged", "e2": "pending"}


async def test_an_outcome_once_given_stays(database: Database) -> None:
    await _record(database, event(ADA, key="e1"))
    await _settle(database, 1, Outcome.FILTERED)
    await _record(database, event(ADA, key="e2"))

    await _settle(database, 2, Outcome.APPLIED)

    assert await _told(database) == {"e1": "filtered", "e2": "applied"}


async def test_the_dead_are_superseded_when_the_record_is_settled_after_all(database: Database) -> None:
    await _record(database, event(ADA, key="e1"))
    await database.run(lambda conn: outcomes.bury(conn, LANE, ADA, 1, "no name", database.now(conn)))
    assert await _told(database) == {"e1": "dead"}
    await _record(database, event(ADA, key="e2"))

    await _settle(database, 2, Outcome.APPLIED)

    assert await _told(database) == {"e1": "superseded", "e2": "applied"}


async def test_other_records_and_lanes_are_left_alone(database: Database) -> None:
    shared = RecordRef(System.SALESFORCE, "Shared__c", "s1")
    await _record(database, event(shared, key="shared"), event(contact(2), key="bob"))

    ending = Ending(shared, 1, Outcome.APPLIED)
    await database.run(lambda conn: outcomes.settle(conn, LANE, [ending], database.now(conn)))

    told = await database.read(lambda conn: outcomes.of_record(conn, *shared))
    assert [(each.lane, each.outcome) for each in told] == [(LANE, "applied"), (OTHER_LANE, "pending")]
    assert await _told(database, contact(2)) == {"bob": "pending"}


async def test_people_read_what_became_of_an_event_and_why(database: Database, clock: VirtualClock) -> None:
    received_at = clock.now()
    await _record(database, event(ADA, key="e1", kind=Kind.DELETED, version=received_at))
    settled_at = clock.advance(2)
    await _settle(database, 1, Outcome.FILTERED, "opted out")

    (told,) = await database.read(lambda conn: outcomes.of_record(conn, *ADA))

    assert told == Told(
        event_id=told.event_id,
        key="e1",
        kind=Kind.DELETED,
        origin=Origin.XERO_WEBHOOK,
        version=received_at,
        received_at=received_at,
        lane=LANE,
        outcome=Outcome.FILTERED,
        reason="opted out",
        settled_at=settled_at,
    )


async def test_people_read_of_events_that_no_sync_names_too(database: Database) -> None:
    await _record(database, event(ADA, key="e1", account="of-somebody-else"))

    assert await _told(database) == {"e1": None}


async def test_the_latest_events_come_first_and_only_so_many(database: Database) -> None:
    for number in range(4):
        await _record(database, event(ADA, key=f"e{number}"))

    told = await database.read(lambda conn: outcomes.of_record(conn, *ADA, limit=2))

    assert [each.key for each in told] == ["e3", "e2"]


async def test_a_scan_meets_what_was_asked_before_it_began(database: Database, clock: VirtualClock) -> None:
    await _record(database, scan(key="before"), scan(System.SALESFORCE, key="of-accounts"))
    began_at = clock.advance(1)
    await _record(database, scan(key="too-late"))

    await database.run(lambda conn: outcomes.scanned(conn, LANE, "Contact", System.XERO, began_at, database.now(conn)))

    lanes = (await database.read(outcomes.counts)).lanes
    assert lanes[LANE] == {Outcome.APPLIED: 1, Outcome.PENDING: 2}


async def test_the_counts_add_up(database: Database) -> None:
    await _record(database, event(ADA), event(ADA), event(contact(2)), scan(), event(ADA, account="unknown"))
    await _settle(database, 1, Outcome.APPLIED)

    counts = await database.read(outcomes.counts)

    assert (counts.accepted, counts.unrouted, counts.forgotten) == (5, 1, 0)
    assert counts.lanes == {LANE: {Outcome.APPLIED: 1, Outcome.SUPERSEDED: 1, Outcome.PENDING: 2}}


async def test_an_event_that_no_lane_owes_an_outcome_is_found(database: Database) -> None:
    await _record(database, event(ADA))
    await database.run(lambda conn: conn.execute(delete(outcomes_table)))

    assert (await database.read(outcomes.counts)).forgotten == 1


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.DEAD])
async def test_an_open_event_whose_record_is_not_due_is_found(database: Database, outcome: Outcome) -> None:
    await _record(database, event(ADA))
    await _settle(database, 1, outcome)
    await database.run(lambda conn: conn.execute(delete(due_table)))

    assert (await database.read(outcomes.counts)).forgotten == 1


async def test_a_pending_event_of_a_dead_record_is_found(database: Database) -> None:
    await _record(database, event(ADA))
    await database.run(
        lambda conn: due.bury(conn, LANE, ADA, 1, code="invalid", reason="no name", now=database.now(conn))
    )
    assert not (await database.read(outcomes.counts)).holds

    await database.run(lambda conn: outcomes.bury(conn, LANE, ADA, 1, "no name", database.now(conn)))

    assert (await database.read(outcomes.counts)).holds
