"""Notices are kept, and told by one worker alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from app.engine.notices import CALM, Notice, Owes, digested, told
from app.engine.troubles import Kind, Trouble
from app.store import notices
from app.store.database import Database
from app.store.notices import CLAIM
from app.store.tables import notices as rows
from tests.support.clock import VirtualClock
from tests.support.records import NOON

HELD = Trouble(Kind.HELD, "acme/Contact", "acme/Contact is held", "crossbook release acme/Contact", NOON)
REFUSED = Trouble(Kind.FAILURE, "acme/Contact email", "one record is refused", "crossbook errors", NOON)
A_DAY = timedelta(days=1)


async def settle(database: Database, *troubles: Trouble) -> None:
    await database.run(lambda conn: notices.settle(conn, troubles, database.now(conn), anybody=True))


async def claim(database: Database) -> tuple[Notice, ...]:
    return await database.run(lambda conn: notices.claim_owed(conn, database.now(conn)))


async def gathered(database: Database) -> tuple[Notice, ...]:
    return await database.run(lambda conn: notices.claim_gathered(conn, database.now(conn), A_DAY))


async def tell(database: Database) -> list[tuple[Owes | None, str]]:
    """All that is owed now, which is then told."""
    owed = await claim(database)
    await database.run(lambda conn: notices.settle_told(conn, owed, partial(told, now=database.now(conn))))
    return [(each.owes, each.subject) for each in owed]


async def pass_by(database: Database, clock: VirtualClock, *standing: Trouble) -> None:
    """Enough time for whatever does not stand to have ended."""
    clock.advance(CALM.total_seconds())
    await settle(database, *standing)


async def test_a_trouble_and_its_end_are_told_once(database: Database, clock: VirtualClock) -> None:
    await settle(database, HELD, REFUSED)
    assert await tell(database) == [(Owes.BEGINNING, REFUSED.subject), (Owes.BEGINNING, HELD.subject)]
    await pass_by(database, clock, HELD, REFUSED)
    assert await tell(database) == []
    await pass_by(database, clock, HELD)
    assert await tell(database) == [(Owes.END, REFUSED.subject)]
    await pass_by(database, clock, HELD)
    assert await tell(database) == []
    stands, over = await database.read(notices.everything)
    assert (stands.subject, over.subject, over.ended_at) == (HELD.subject, REFUSED.subject, clock.now() - CALM)


async def test_of_many_workers_exactly_one_tells(database: Database) -> None:
    async def work() -> int:
        await settle(database, HELD)
        return len(await claim(database))

    assert sorted(await asyncio.gather(*(work() for _ in range(5)))) == [0, 0, 0, 0, 1]


async def test_what_could_not_be_told_is_told_later(database: Database, clock: VirtualClock) -> None:
    await settle(database, HELD)
    assert len(await claim(database)) == 1
    clock.advance(CLAIM.total_seconds() - 1)
    await settle(database, HELD)
    assert await claim(database) == ()
    clock.advance(1)
    await settle(database, HELD)
    assert await tell(database) == [(Owes.BEGINNING, HELD.subject)]
    clock.advance(CLAIM.total_seconds())
    await settle(database, HELD)
    assert await claim(database) == ()


async def test_what_gathers_waits_until_the_first_of_it_is_a_day_old(database: Database, clock: VirtualClock) -> None:
    await settle(database, REFUSED)
    await tell(database)
    await settle(database, replace(REFUSED, count=3))
    clock.advance(A_DAY.total_seconds() - 1)
    await settle(database, replace(REFUSED, count=4))
    assert await gathered(database) == ()
    clock.advance(1)
    (together,) = await gathered(database)
    assert (together.untold, together.count) == (3, 4)
    assert await gathered(database) == (), "another worker is telling it"
    await database.run(lambda conn: notices.settle_told(conn, [together], digested))
    clock.advance(A_DAY.total_seconds())
    await settle(database, replace(REFUSED, count=4))
    assert await gathered(database) == ()


async def test_what_is_met_is_noticed_though_it_is_over_before_anybody_looks(
    database: Database, clock: VirtualClock
) -> None:
    await database.run(lambda conn: notices.note(conn, HELD, database.now(conn)))
    await database.run(lambda conn: notices.note(conn, HELD, database.now(conn)))
    await settle(database)
    assert await tell(database) == [(Owes.BEGINNING, HELD.subject)]
    await pass_by(database, clock)
    assert await tell(database) == [(Owes.END, HELD.subject)]


async def test_where_there_is_nobody_to_tell_what_is_over_is_not_told_when_there_is_somebody(
    database: Database, clock: VirtualClock
) -> None:
    for standing in ([HELD, REFUSED], [HELD], [HELD]):
        work = partial(notices.settle, troubles=standing, now=clock.now(), anybody=False)
        await database.run(work)
        clock.advance(CALM.total_seconds())
    assert await tell(database) == [(Owes.BEGINNING, HELD.subject)]


async def test_what_only_a_later_version_knows_of_is_left_as_it_is(database: Database, clock: VirtualClock) -> None:
    await settle(database, HELD)
    await database.run(lambda conn: conn.execute(update(rows).values(kind="flood")))
    assert await database.read(notices.everything) == ()
    assert await tell(database) == []
    await pass_by(database, clock, HELD)
    assert await tell(database) == [(Owes.BEGINNING, HELD.subject)]
    assert await database.read(lambda conn: set(conn.scalars(select(rows.c.kind)))) == {"flood", "held"}


async def test_one_trouble_is_noticed_without_a_look_at_the_others(database: Database, clock: VirtualClock) -> None:
    await settle(database, HELD)
    clock.advance(CALM.total_seconds())
    await database.run(lambda conn: notices.note(conn, REFUSED, database.now(conn)))
    stands = {each.subject: each.ended_at for each in await database.read(notices.everything)}
    assert stands == {HELD.subject: None, REFUSED.subject: None}
