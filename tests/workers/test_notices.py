"""People are told by themselves when something needs them, once, and when it is over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.cli import hold, release, retry
from app.cli import notices as shown
from app.engine.actions import Declined
from app.engine.messages import Mood
from app.engine.records import System
from app.engine.usage import Tally
from app.errors import StoreUnavailable
from app.mapping.model import Guard
from app.store import lapses, usage
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.recipient import Recipient, addressed
from tests.support.world import World
from workers.notices import tell

SALESFORCE, XERO = System.SALESFORCE, System.XERO
A_MINUTE, AN_HOUR = 60.0, 3600.0
REFUSED = Declined("email", "office@ridgeway is no address")


@pytest.fixture
async def world(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[World]:
    database = await Database.open(sqlite_url, clock_now=clock.now)
    world = World(database, clock)
    world.runtime = addressed(world.runtime)
    yield world
    await database.close()


@pytest.fixture
def recipient() -> Recipient:
    return Recipient()


async def pass_by(world: World, recipient: Recipient, seconds: float, every: float = A_MINUTE) -> None:
    """Let time pass while upkeep looks."""
    while seconds > 0:
        world.clock.advance(min(every, seconds))
        seconds -= every
        await tell(world.runtime, recipient.send)


async def refuse(world: World, name: str) -> str:
    world.xero.decline_next(REFUSED)
    account = await world.edit(SALESFORCE, None, Name=name, Email__c="office@ridgeway")
    await world.drain()
    return account


async def test_where_all_is_well_nobody_is_told(world: World, recipient: Recipient) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.tries == 0


async def test_a_lane_that_is_held_is_told_once_and_that_it_goes_on(world: World, recipient: Recipient) -> None:
    await hold.carry_out(world.runtime, world.lane, "month end of Ridgeway")
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == [f"a lane is held ({world.lane})"]
    assert f"what to do: crossbook status says why; when it was meant, crossbook release {world.lane}" in (
        recipient.got[0].body
    )
    assert recipient.got[0].body.endswith("Crossbook at https://crossbook.example")
    await release.carry_out(world.runtime, world.lane, 0)
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles[1:] == [f"over: a lane is held ({world.lane})"]
    assert recipient.got[1].mood is Mood.RECOVERY


async def test_the_guard_s_hold_is_told_as_such(sqlite_url: str, clock: VirtualClock, recipient: Recipient) -> None:
    database = await Database.open(sqlite_url, clock_now=clock.now)
    world = World(database, clock)
    world.sync = replace(world.sync, guard=Guard(create=1))
    world.restart()
    world.runtime = addressed(world.runtime)
    for name in ("One", "Two"):
        await world.edit(SALESFORCE, None, Name=name)
    await world.drain()
    await pass_by(world, recipient, A_MINUTE)
    assert "is held by the guard: too many writes of the kind create at once" in recipient.got[0].body
    await database.close()


async def test_the_first_failure_of_a_kind_is_told_at_once_and_more_of_it_together_a_day_later(
    world: World, recipient: Recipient
) -> None:
    first = await refuse(world, "Ridgeway")
    await pass_by(world, recipient, A_MINUTE)
    assert recipient.titles == [f"a record was refused ({world.lane} email)"]
    for name in ("Harbour", "Hillside"):
        await refuse(world, name)
    await pass_by(world, recipient, 23 * AN_HOUR, every=AN_HOUR / 2)
    assert len(recipient.got) == 1
    await pass_by(world, recipient, 2 * AN_HOUR, every=AN_HOUR / 2)
    assert recipient.got[1].mood is Mood.DIGEST
    assert "[2 more]" in recipient.got[1].body
    await pass_by(world, recipient, 48 * AN_HOUR, every=AN_HOUR / 2)
    assert len(recipient.got) == 2, "there is nothing new to gather"
    await retry.carry_out(world.runtime)
    await world.drain()
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles[2:] == [f"over: a record was refused ({world.lane} email)"]
    assert first not in "".join(each.body for each in recipient.got)


async def test_no_notice_holds_anything_of_a_customer(world: World, recipient: Recipient) -> None:
    await refuse(world, "Ridgeway")
    world.clock.advance(60)
    for name in ("Harbour East", "Harbour West"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@harbour.example"})
    await world.edit(SALESFORCE, None, Name="Harbour", Email__c="office@harbour.example")
    await world.drain()
    await pass_by(world, recipient, 26 * AN_HOUR, every=AN_HOUR)
    sent = "".join(each.title + each.body for each in recipient.got)
    assert "questions that wait for an answer: 1" in sent
    assert not any(each in sent for each in ("Ridgeway", "Harbour", "office@"))


async def test_work_that_waits_is_told_with_its_lane_and_nobody_hears_of_a_short_wait(
    world: World, recipient: Recipient
) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.got == []
    await pass_by(world, recipient, A_MINUTE)
    assert recipient.titles == [f"work waits ({world.lane})"]
    await world.drain()
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles[1:] == [f"over: work waits ({world.lane})"]


async def test_a_lapsed_sign_in_and_a_used_up_day_are_told_in_one_message(world: World, recipient: Recipient) -> None:
    now = world.clock.now()
    spent = Tally(XERO, "main", f"{now:%Y-%m-%d}", 950, 0, 50, now)
    await world.database.run(lambda conn: usage.put_down(conn, [spent], {(SALESFORCE, "main"): now}))
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == ["2 troubles"]
    assert "crossbook connect salesforce main" in recipient.got[0].body
    assert "xero main: 50 of the day's 1,000 calls are left" in recipient.got[0].body
    await world.database.run(lambda conn: lapses.note(conn, {(SALESFORCE, "main"): None}))
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles[1:] == ["over: the sign-in lapses (salesforce main)"]


async def lapse(world: World, *, over: bool = False) -> None:
    lapsed = {(SALESFORCE, "main"): None if over else world.clock.now()}
    await world.database.run(lambda conn: lapses.note(conn, lapsed))


async def test_a_sign_in_that_lapses_again_within_the_hour_is_told_again_in_five_minutes(
    world: World, recipient: Recipient
) -> None:
    await lapse(world)
    await pass_by(world, recipient, A_MINUTE)
    await lapse(world, over=True)
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles == ["the sign-in lapses (salesforce main)", "over: the sign-in lapses (salesforce main)"]
    await lapse(world)
    await pass_by(world, recipient, 5 * A_MINUTE)
    assert len(recipient.titles) == 2
    await pass_by(world, recipient, A_MINUTE)
    assert recipient.titles[2:] == ["the sign-in lapses (salesforce main)"]
    await lapse(world, over=True)
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles[3:] == ["over: the sign-in lapses (salesforce main)"]


async def test_a_sign_in_that_comes_and_goes_is_told_once_an_hour_at_most(world: World, recipient: Recipient) -> None:
    for _ in range(5):
        await lapse(world)
        await pass_by(world, recipient, 3 * A_MINUTE)
        await lapse(world, over=True)
        await pass_by(world, recipient, 8 * A_MINUTE)
    assert recipient.titles == ["the sign-in lapses (salesforce main)", "over: the sign-in lapses (salesforce main)"]


async def test_what_no_address_takes_is_told_when_one_does(world: World, recipient: Recipient) -> None:
    recipient.takes = (False, False)
    await hold.carry_out(world.runtime, world.lane, "month end")
    await pass_by(world, recipient, 20 * A_MINUTE)
    assert 3 <= recipient.tries <= 5, "it is tried again every few minutes"
    recipient.takes = (False, True)
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == [f"a lane is held ({world.lane})"]


async def test_of_two_workers_one_tells(world: World, recipient: Recipient) -> None:
    await hold.carry_out(world.runtime, world.lane, "month end")
    await asyncio.gather(*(tell(world.runtime, recipient.send) for _ in range(4)))
    assert recipient.tries == 1


async def test_without_addresses_nothing_is_sent_and_what_is_wrong_is_shown_all_the_same(
    world: World, recipient: Recipient
) -> None:
    world.restart()
    await hold.carry_out(world.runtime, world.lane, "month end")
    await pass_by(world, recipient, A_MINUTE)
    assert recipient.tries == 0
    told = await shown.carry_out(world.runtime)
    assert told.lines[0].startswith(f"a lane is held: {world.lane} is held by a person; nothing is written there")
    assert told.lines[-1].startswith("nobody is told: set NOTICE_URLS")


async def test_a_database_that_is_away_is_looked_at_again_the_next_time(
    world: World, recipient: Recipient, clock: VirtualClock
) -> None:
    class Away(Database):
        async def run(self, work):  # type: ignore[no-untyped-def] # the signature is the door's own
            raise StoreUnavailable("locked")

        read = run

    away = Away.direct("sqlite://", clock_now=clock.now)
    await tell(replace(world.runtime, database=away), recipient.send)
    assert recipient.tries == 0
