"""The guard counts what was written within an hour, and never lets a record too many through."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from app.engine.actions import Verb
from app.engine.ledger import Call, CallResult, IntentResult, Lease
from app.engine.memory import CallSettled
from app.errors import Held
from app.mapping.model import Guard
from app.store import holds, leases, links
from app.store.database import Database
from app.store.lane_memory import DatabaseLaneMemory
from tests.support.clock import VirtualClock
from tests.support.records import LANE, SYNC, account, call, contact, intent, link

TEN = Guard(create=10, archive=10, archive_share=Decimal(1))


@pytest.fixture
async def memory(database: Database) -> DatabaseLaneMemory:
    return DatabaseLaneMemory(database, await taken(database), TEN)


async def taken(database: Database) -> Lease:
    lease = await database.run(lambda conn: leases.take(conn, LANE, "worker-1", database.now(conn), 25))
    assert lease
    return lease


def writes(count: int, clock: VirtualClock, verb: Verb = Verb.CREATE) -> Call:
    target = None if verb is Verb.CREATE else contact(1).id
    several = call(*(replace(intent(account(n + 1), target), verb=verb) for n in range(count)))
    return replace(several, sent_at=clock.now())


async def opened(memory: DatabaseLaneMemory, count: int, clock: VirtualClock, verb: Verb = Verb.CREATE) -> int | Call:
    """The call as opened, or how many there is room for."""
    try:
        return await memory.open_call(writes(count, clock, verb))
    except Held as error:
        return error.room


async def ended(memory: DatabaseLaneMemory, of_call: Call, result: IntentResult) -> None:
    results = {each.id: (result, None) for each in of_call.intents}
    await memory.close_call(CallSettled(of_call.id, CallResult.ANSWERED, results))


async def because(database: Database) -> str | None:
    return await database.read(lambda conn: holds.why_stopped(conn, LANE))


async def test_what_fits_goes_and_what_does_not_holds_the_lane(
    database: Database, memory: DatabaseLaneMemory, clock: VirtualClock
) -> None:
    assert isinstance(await opened(memory, 7, clock), Call)
    assert await opened(memory, 4, clock) == 3
    assert await because(database) is None
    assert isinstance(await opened(memory, 3, clock), Call)
    assert await opened(memory, 1, clock) == 0
    told = await because(database)
    assert told
    assert "10 records were created within an hour" in told


async def test_a_held_lane_writes_nothing_at_all(
    database: Database, memory: DatabaseLaneMemory, clock: VirtualClock
) -> None:
    await database.run(lambda conn: holds.hold(conn, LANE, "month end", clock.now()))
    with pytest.raises(Held, match="month end"):
        await memory.open_call(writes(1, clock, Verb.UPDATE))


async def test_updates_are_never_counted(memory: DatabaseLaneMemory, clock: VirtualClock) -> None:
    for _ in range(3):
        assert isinstance(await opened(memory, 10, clock, Verb.UPDATE), Call)
    assert isinstance(await opened(memory, 10, clock), Call)


async def test_each_kind_has_its_own_count(memory: DatabaseLaneMemory, clock: VirtualClock) -> None:
    assert isinstance(await opened(memory, 10, clock), Call)
    assert isinstance(await opened(memory, 5, clock, Verb.ARCHIVE), Call)


async def test_the_hour_slides(memory: DatabaseLaneMemory, clock: VirtualClock) -> None:
    await opened(memory, 6, clock)
    clock.advance(1800)
    await opened(memory, 4, clock)
    clock.advance(1800)
    assert isinstance(await opened(memory, 6, clock), Call)
    assert await opened(memory, 5, clock) == 0


@pytest.mark.parametrize("result", [IntentResult.REFUSED, IntentResult.NOT_DONE])
async def test_what_the_vendor_did_not_carry_out_is_not_counted(
    memory: DatabaseLaneMemory, clock: VirtualClock, result: IntentResult
) -> None:
    refused = await opened(memory, 10, clock)
    assert isinstance(refused, Call)
    await ended(memory, refused, result)
    assert isinstance(await opened(memory, 10, clock), Call)


async def test_a_call_in_doubt_counts_once(memory: DatabaseLaneMemory, clock: VirtualClock) -> None:
    doubtful = await opened(memory, 6, clock)
    assert isinstance(doubtful, Call)
    await memory.close_call(CallSettled(doubtful.id, CallResult.DOUBTFUL))
    assert await opened(memory, 5, clock) == 4
    await ended(memory, doubtful, IntentResult.DONE)
    assert await opened(memory, 5, clock) == 4


async def test_what_a_person_lets_through_is_exact_and_then_the_guard_counts_again(
    database: Database, memory: DatabaseLaneMemory, clock: VirtualClock
) -> None:
    await opened(memory, 10, clock)
    assert await opened(memory, 1, clock) == 0
    await database.run(lambda conn: holds.release(conn, LANE, 25, clock.now()))
    assert isinstance(await opened(memory, 20, clock), Call)
    assert await opened(memory, 20, clock) == 5
    assert isinstance(await opened(memory, 5, clock), Call)
    assert isinstance(await opened(memory, 10, clock), Call)
    assert await opened(memory, 1, clock) == 0
    assert await because(database)


async def test_a_release_lets_through_only_the_kind_that_was_stopped(
    database: Database, memory: DatabaseLaneMemory, clock: VirtualClock
) -> None:
    await opened(memory, 10, clock)
    assert await opened(memory, 1, clock) == 0
    await database.run(lambda conn: holds.release(conn, LANE, 25, clock.now()))
    assert await opened(memory, 6, clock, Verb.ARCHIVE) == 5


async def test_what_a_person_let_through_ends_when_the_lane_has_nothing_to_do(
    database: Database, clock: VirtualClock
) -> None:
    lease = await taken(database)
    memory = DatabaseLaneMemory(database, lease, TEN)
    await opened(memory, 10, clock)
    assert await opened(memory, 1, clock) == 0
    await database.run(lambda conn: holds.release(conn, LANE, 25, clock.now()))
    assert isinstance(await opened(memory, 5, clock), Call)
    assert await database.run(lambda conn: leases.release_if_idle(conn, lease, database.now(conn)))
    later = DatabaseLaneMemory(database, await taken(database), TEN)
    assert await opened(later, 11, clock) == 10


async def test_a_release_that_lets_nothing_through_begins_a_new_count(
    database: Database, memory: DatabaseLaneMemory, clock: VirtualClock
) -> None:
    await opened(memory, 10, clock)
    await opened(memory, 1, clock)
    await database.run(lambda conn: holds.release(conn, LANE, 0, clock.now()))
    assert isinstance(await opened(memory, 10, clock), Call)
    assert await opened(memory, 1, clock) == 0


async def test_archives_are_a_share_of_what_the_lane_links(database: Database, clock: VirtualClock) -> None:
    tenth = DatabaseLaneMemory(database, await taken(database), Guard(archive_share=Decimal("0.1")))
    ties = [link(account(number), contact(number)) for number in range(70)]
    await database.run(lambda conn: [links.bind(conn, SYNC, tie, clock.now()) for tie in ties])
    assert await opened(tenth, 8, clock, Verb.ARCHIVE) == 7


async def test_batches_in_flight_at_once_share_what_is_left(memory: DatabaseLaneMemory, clock: VirtualClock) -> None:
    found = await asyncio.gather(*(opened(memory, 3, clock) for _ in range(8)))
    assert sum(isinstance(each, Call) for each in found) == 3
    assert {each for each in found if isinstance(each, int)} == {1}
