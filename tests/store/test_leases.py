"""One worker drains a lane at a time, and a stale one can do no harm."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from app.engine.ledger import Lease
from app.errors import LeaseLost
from app.store import claims, due, inbox, leases
from app.store.database import Database
from app.store.leases import LaneLease
from tests.support.clock import VirtualClock
from tests.support.events import ROUTES, event
from tests.support.records import LANE, contact

T = TypeVar("T")
SECONDS = 25.0


async def _take(database: Database, owner: str = "worker-1") -> Lease | None:
    return await database.run(lambda conn: leases.take(conn, LANE, owner, database.now(conn), SECONDS))


async def _taken(database: Database, owner: str = "worker-1") -> Lease:
    lease = await _take(database, owner)
    assert lease is not None
    return lease


async def _renew(database: Database, lease: Lease) -> Lease | None:
    return await database.run(lambda conn: leases.renew(conn, lease, database.now(conn), SECONDS))


async def _release_if_idle(database: Database, lease: Lease) -> bool:
    return await database.run(lambda conn: leases.release_if_idle(conn, lease, database.now(conn)))


async def _push(database: Database) -> None:
    await database.run(lambda conn: inbox.record(conn, [event(contact(1))], ROUTES, database.now(conn)))


async def test_a_free_lane_is_taken_and_then_refused_to_others(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)

    assert (lease.epoch, lease.expires_at) == (1, clock.now() + timedelta(seconds=SECONDS))
    assert await _take(database, "worker-2") is None


async def test_an_expired_lease_can_be_taken_and_its_epoch_moves_on(database: Database, clock: VirtualClock) -> None:
    await _taken(database)
    clock.advance(SECONDS - 1)
    assert await _take(database, "worker-2") is None
    clock.advance(1)

    lease = await _taken(database, "worker-2")

    assert (lease.owner, lease.epoch) == ("worker-2", 2)


async def test_a_restarted_worker_takes_over_its_own_slot_at_once(database: Database) -> None:
    before = await _taken(database)

    again = await _taken(database)

    assert again.epoch == before.epoch + 1
    with pytest.raises(LeaseLost):
        await database.run(lambda conn: leases.check(conn, before))


async def test_a_renewed_lease_lives_on(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)
    clock.advance(20)

    renewed = await _renew(database, lease)

    assert renewed is not None
    assert renewed.epoch == lease.epoch
    clock.advance(20)
    assert await _take(database, "worker-2") is None


async def test_a_lease_that_was_taken_by_another_cannot_be_renewed(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)
    clock.advance(SECONDS)
    await _taken(database, "worker-2")

    assert await _renew(database, lease) is None


async def test_only_the_holder_passes_the_check(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)
    await database.run(lambda conn: leases.check(conn, lease))
    clock.advance(SECONDS)
    await _taken(database, "worker-2")

    with pytest.raises(LeaseLost):
        await database.run(lambda conn: leases.check(conn, lease))


async def test_an_idle_lane_is_let_go(database: Database) -> None:
    lease = await _taken(database)

    assert await _release_if_idle(database, lease) is True
    assert (await _taken(database, "worker-2")).epoch == 2


async def test_a_lane_with_work_is_not_let_go(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)
    await _push(database)

    assert await _release_if_idle(database, lease) is False
    assert await _take(database, "worker-2") is None


async def test_a_lane_is_not_let_go_while_its_records_are_worked_on(database: Database) -> None:
    lease = await _taken(database)
    await _push(database)
    await database.run(lambda conn: claims.claim(conn, LANE, lease.epoch, 50, database.now(conn)))

    assert await _release_if_idle(database, lease) is False


async def test_dead_letters_keep_no_lane(database: Database) -> None:
    lease = await _taken(database)
    await _push(database)
    await database.run(
        lambda conn: due.bury(conn, LANE, contact(1), 1, code="invalid", reason="no name", now=database.now(conn))
    )

    assert await _release_if_idle(database, lease) is True


async def test_nobody_lets_go_of_anothers_lane(database: Database, clock: VirtualClock) -> None:
    stale = await _taken(database)
    clock.advance(SECONDS)
    current = await _taken(database, "worker-2")

    await database.run(lambda conn: leases.release(conn, stale))

    assert await _release_if_idle(database, stale) is False
    await database.run(lambda conn: leases.check(conn, current))


async def test_a_lane_is_let_go_with_work_left_when_the_worker_leaves(database: Database) -> None:
    lease = await _taken(database)
    await _push(database)

    await database.run(lambda conn: leases.release(conn, lease))

    assert (await _taken(database, "worker-2")).epoch == 2


async def test_a_parked_lane_is_refused_to_everybody_until_its_time(database: Database, clock: VirtualClock) -> None:
    lease = await _taken(database)
    until = clock.now().replace(hour=23)

    await database.run(lambda conn: leases.park(conn, lease, until, "the day's calls are spent"))

    assert [await _take(database, owner) for owner in ("worker-1", "worker-2")] == [None, None]
    (row,) = await database.read(leases.held)
    assert (row.owner, row.parked_until, row.parked_because) == (None, until, "the day's calls are spent")
    clock.advance((until - clock.now()).total_seconds())
    assert (await _taken(database, "worker-2")).epoch == 2


async def test_a_stale_worker_parks_nothing(database: Database, clock: VirtualClock) -> None:
    stale = await _taken(database)
    clock.advance(SECONDS)
    current = await _taken(database, "worker-2")

    with pytest.raises(LeaseLost):
        await database.run(lambda conn: leases.park(conn, stale, clock.now(), "stale"))

    await database.run(lambda conn: leases.check(conn, current))


async def test_people_see_who_holds_what(database: Database) -> None:
    lease = await _taken(database)

    assert await database.read(leases.held) == (LaneLease(LANE, "worker-1", 1, lease.expires_at, None, None),)


@pytest.fixture
async def other(postgres_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(postgres_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
async def one(postgres_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(postgres_url, clock_now=clock.now)
    yield opened
    await opened.close()


async def _made_to_wait(
    database: Database,
    hold: Callable[[Connection], object],
    waiting: Coroutine[None, None, T],
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> T:
    """Let `waiting` run into a transaction that did `hold`; that is committed once it waits and `meanwhile` is done."""
    tasks: list[asyncio.Task[T]] = []
    ungranted = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def work(conn: Connection) -> None:
        hold(conn)
        tasks.append(asyncio.ensure_future(waiting))
        while not conn.execute(ungranted).scalar_one():
            assert not tasks[0].done(), "it did not wait"
        if meanwhile:
            await_only(meanwhile())

    await database.run(work)
    return await tasks[0]


async def test_of_many_workers_that_reach_for_a_lane_one_gets_it(one: Database, other: Database) -> None:
    takers = [_take(database, f"worker-{n}") for n in range(5) for database in (one, other)]

    taken = [lease for lease in await asyncio.gather(*takers) if lease]

    owners = {lease.owner for lease in taken}
    assert len(owners) == 1


async def test_nobody_takes_a_lane_between_the_check_and_the_commit(
    one: Database, other: Database, clock: VirtualClock
) -> None:
    lease = await _taken(one)
    clock.advance(SECONDS)

    taken = await _made_to_wait(one, lambda conn: leases.check(conn, lease), _take(other, "worker-2"))

    assert taken is not None
    assert taken.epoch == 2


async def test_who_rings_while_a_lane_is_being_let_go_gets_it(one: Database, other: Database) -> None:
    lease = await _taken(one)

    taken = await _made_to_wait(
        one, lambda conn: leases.release_if_idle(conn, lease, one.now(conn)), _take(other, "worker-2")
    )

    assert taken is not None


async def test_work_that_comes_while_a_lane_is_being_let_go_keeps_it(one: Database, other: Database) -> None:
    lease = await _taken(one)

    released = await _made_to_wait(
        one,
        lambda conn: leases.renew(conn, lease, one.now(conn), SECONDS),
        _release_if_idle(other, lease),
        meanwhile=lambda: _push(other),
    )

    assert released is False
