"""Pauses and holds are remembered when they are over."""

from datetime import timedelta

from app.engine.pauses import lane_scope, record_scope
from app.store import holds, pauses, stops
from app.store.database import Database
from app.store.stops import Stop
from tests.support.records import LANE, NOON, SYNC, account

RECORD = record_scope(SYNC, account(1))
LATER = NOON + timedelta(hours=1)


async def test_a_pause_and_a_hold_leave_their_span_and_reason(database: Database) -> None:
    await database.run(lambda conn: pauses.pause(conn, RECORD, "month end", NOON))
    await database.run(lambda conn: holds.hold(conn, LANE, "too many", NOON))
    assert await database.read(lambda conn: stops.since(conn, [RECORD, lane_scope(LANE)], NOON)) == (
        Stop(RECORD, NOON, "month end", None),
        Stop(lane_scope(LANE), NOON, "too many", None),
    )
    await database.run(lambda conn: pauses.resume(conn, SYNC, RECORD, LATER))
    await database.run(lambda conn: holds.release(conn, LANE, 0, LATER))
    found = await database.read(lambda conn: stops.since(conn, [RECORD, lane_scope(LANE)], NOON))
    assert {each.ended_at for each in found} == {LATER}


async def test_what_was_over_before_a_record_was_known_does_not_concern_it(database: Database) -> None:
    await database.run(lambda conn: pauses.pause(conn, RECORD, "month end", NOON))
    await database.run(lambda conn: pauses.resume(conn, SYNC, RECORD, LATER))
    assert await database.read(lambda conn: stops.since(conn, [RECORD], LATER)) == ()
    assert await database.read(lambda conn: stops.since(conn, ["record:other"], NOON)) == ()


async def test_what_is_stopped_already_is_not_written_down_twice(database: Database) -> None:
    for _ in range(2):
        await database.run(lambda conn: holds.hold(conn, LANE, "too many", NOON))
        await database.run(lambda conn: pauses.pause(conn, RECORD, "month end", NOON))
    assert len(await database.read(lambda conn: stops.since(conn, [RECORD, lane_scope(LANE)], NOON))) == 2
