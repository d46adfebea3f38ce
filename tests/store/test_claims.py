"""A batch takes the most urgent records, and no two batches hold one pair."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.event import listen

from app.engine.events import Event, Origin
from app.engine.ledger import DueRecord
from app.engine.records import RecordRef
from app.store import claims, due, inbox, links
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.events import ROUTES, event
from tests.support.records import LANE, NOON, SYNC, account, contact, link


async def _record(database: Database, *events: Event) -> None:
    await database.run(lambda conn: inbox.record(conn, events, ROUTES, database.now(conn)))


async def _push(database: Database, *refs: RecordRef) -> None:
    await _record(database, *(event(ref) for ref in refs))


async def _backfill(database: Database, *refs: RecordRef) -> None:
    await _record(database, *(event(ref, origin=Origin.BACKFILL) for ref in refs))


async def _tie(database: Database, salesforce: RecordRef, xero: RecordRef, slot: str = "") -> None:
    await database.run(lambda conn: links.bind(conn, SYNC, link(salesforce, xero, slot=slot), NOON))


async def _claim(
    database: Database, limit: int = 50, epoch: int = 1, *, backfill: bool = True
) -> tuple[DueRecord, ...]:
    return await database.run(
        lambda conn: claims.claim(conn, LANE, epoch, limit, database.now(conn), backfill=backfill)
    )


def _refs(records: Sequence[DueRecord]) -> list[RecordRef]:
    return [record.ref for record in records]


async def test_nothing_due_is_nothing_claimed(database: Database) -> None:
    assert await _claim(database) == ()


async def test_the_first_in_rank_come_first_up_to_the_limit(database: Database, clock: VirtualClock) -> None:
    await _record(database, event(contact(3), origin=Origin.RECONCILE))
    await _push(database, contact(1))
    clock.advance(1)
    await _push(database, contact(2))
    await _record(database, event(contact(4), origin=Origin.PERSON))

    assert _refs(await _claim(database, limit=3)) == [contact(4), contact(1), contact(2)]
    assert _refs(await _claim(database)) == [contact(3)]


async def test_who_waits_long_enough_overtakes(database: Database, clock: VirtualClock) -> None:
    await _record(database, event(contact(1), origin=Origin.RECONCILE))
    clock.advance(61)
    await _push(database, contact(2))

    assert _refs(await _claim(database, limit=1)) == [contact(1)]


async def test_a_claimed_record_is_not_claimed_again_in_its_epoch(database: Database) -> None:
    await _push(database, contact(1))

    first, second = await _claim(database), await _claim(database)

    assert (_refs(first), _refs(second)) == ([contact(1)], [])


async def test_a_new_epoch_claims_what_the_last_one_left(database: Database) -> None:
    await _push(database, contact(1))
    await _claim(database, epoch=1)

    assert _refs(await _claim(database, epoch=2)) == [contact(1)]


async def test_what_is_given_back_can_be_claimed_again(database: Database) -> None:
    await _push(database, contact(1))
    await _claim(database)

    await database.run(lambda conn: claims.unclaim(conn, LANE, 1))

    assert _refs(await _claim(database)) == [contact(1)]


async def test_a_claim_says_what_it_has_seen_of_the_record(database: Database, clock: VirtualClock) -> None:
    began_at = clock.now()
    await _record(database, event(contact(1), version=NOON, by="us"))
    clock.advance(3)
    await _record(database, event(contact(1), version=NOON, by="us", origin=Origin.PERSON))

    (record,) = await _claim(database)

    assert (record.mark, record.priority, record.attempts) == (2, 0, 0)
    assert (record.first_due_at, record.echo_version, record.echo_by) == (began_at, NOON, "us")


async def test_only_the_lane_itself_is_claimed_from(database: Database) -> None:
    await _push(database, contact(1))

    assert await database.run(lambda conn: claims.claim(conn, "other/Contact", 1, 50, database.now(conn))) == ()


async def test_live_records_and_backfill_are_claimed_apart(database: Database) -> None:
    await _backfill(database, contact(1), contact(2))
    await _push(database, contact(3))

    assert _refs(await _claim(database)) == [contact(3)]
    assert _refs(await _claim(database)) == [contact(1), contact(2)]


async def test_aged_backfill_leads_a_batch_of_its_own(database: Database, clock: VirtualClock) -> None:
    await _backfill(database, contact(1))
    clock.advance(3601)
    await _push(database, contact(2))

    assert _refs(await _claim(database)) == [contact(1)]
    assert _refs(await _claim(database)) == [contact(2)]


async def test_a_pair_that_is_due_on_both_sides_is_claimed_together(database: Database, clock: VirtualClock) -> None:
    await _tie(database, account(1), contact(1))
    await _push(database, account(1), account(2))
    clock.advance(1)
    await _push(database, contact(1))

    assert _refs(await _claim(database, limit=2)) == [account(1), account(2), contact(1)]


async def test_a_pair_is_claimed_together_even_if_one_side_is_backfill(database: Database) -> None:
    await _tie(database, account(1), contact(1))
    await _push(database, account(1))
    await _backfill(database, contact(1), contact(2))

    assert _refs(await _claim(database)) == [account(1), contact(1)]


async def test_a_record_is_left_while_its_counterpart_is_being_worked_on(database: Database) -> None:
    await _tie(database, account(1), contact(1))
    await _push(database, account(1))
    await _claim(database)
    await _push(database, contact(1), contact(2))

    assert _refs(await _claim(database)) == [contact(2)]

    await database.run(lambda conn: due.settle(conn, LANE, {account(1): 1}, database.now(conn)))
    assert _refs(await _claim(database)) == [contact(1)]


async def test_records_that_must_be_left_hide_nothing_behind_them(database: Database, clock: VirtualClock) -> None:
    for number in range(5):
        await _tie(database, account(number), contact(number))
    await _push(database, *(account(number) for number in range(5)))
    await _claim(database)
    await _push(database, *(contact(number) for number in range(5)))
    clock.advance(1)
    await _push(database, contact(9))

    assert _refs(await _claim(database, limit=1)) == [contact(9)]


async def test_backfill_that_must_be_left_does_not_decide_the_class(database: Database, clock: VirtualClock) -> None:
    await _tie(database, account(1), contact(1))
    await _push(database, account(1))
    await _claim(database)
    await _backfill(database, contact(1))
    clock.advance(7200)
    await _push(database, contact(2))

    assert _refs(await _claim(database)) == [contact(2)]


async def test_one_source_with_several_documents_is_worked_on_in_one_batch_at_a_time(database: Database) -> None:
    await _tie(database, account(1), contact(1), slot="deposit")
    await _tie(database, account(1), contact(2), slot="balance")
    await _push(database, contact(1))
    await _claim(database)
    await _push(database, account(1), contact(2))

    assert _refs(await _claim(database)) == [contact(2)]
    assert _refs(await _claim(database)) == []


async def test_links_of_another_sync_keep_nothing_back(database: Database) -> None:
    await database.run(lambda conn: links.bind(conn, "bakery", link(account(1), contact(1)), NOON))
    await _push(database, account(1))
    await _claim(database)
    await _push(database, contact(1))

    assert _refs(await _claim(database)) == [contact(1)]


async def test_a_push_during_a_claim_is_counted_before_or_after_and_never_lost(
    postgres_url: str, clock: VirtualClock
) -> None:
    worker = await Database.open(postgres_url, clock_now=clock.now)
    web = await Database.open(postgres_url, clock_now=clock.now)
    await _push(web, contact(1))

    pushes = asyncio.gather(*(_push(web, contact(1)) for _ in range(10)))
    (claimed,) = await _claim(worker)
    await pushes

    settled = await worker.run(lambda conn: due.settle(conn, LANE, {contact(1): claimed.mark}, clock.now()))
    left = await _claim(worker)
    assert settled == (frozenset({contact(1)}) if claimed.mark == 11 else frozenset())
    assert [record.mark for record in left] == ([] if settled else [11])
    await worker.close()
    await web.close()


async def test_backfill_is_left_where_it_is_not_wanted_now(database: Database, clock: VirtualClock) -> None:
    await _backfill(database, contact(1))
    clock.advance(2 * 3600)
    await _push(database, contact(2))
    assert _refs(await _claim(database, backfill=False)) == [contact(2)]
    assert await _claim(database, backfill=False) == ()
    assert _refs(await _claim(database)) == [contact(1)]


async def test_what_is_live_is_found_without_reading_past_all_that_is_backfill(tmp_path: Path) -> None:
    database = Database.direct(f"sqlite:///{tmp_path / 'crossbook.db'}")
    await database.migrate()
    asked: list[tuple[str, tuple[str, ...]]] = []

    def work(conn: Connection) -> list[str]:
        listen(conn, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        claims.claim(conn, LANE, 1, 50, NOON, backfill=False)
        statement, parameters = asked[0]
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row.detail for row in plan]

    assert any("ix_due_live" in step for step in await database.run(work))
    await database.close()
