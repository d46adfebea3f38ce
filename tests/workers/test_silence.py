"""Pushes that do not come are noticed by the changes that reconcile finds, told once, and made up for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app import pushers
from app.addresses import OUTBOUND, XERO
from app.engine.events import Arrival
from app.engine.records import System
from app.engine.silence import SOON_SECONDS
from app.store import cursors, finds, pushes
from app.store.database import Database
from app.store.returns import scan_after_silence
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.recipient import Recipient, addressed
from tests.support.world import World
from workers.long_reads import read_on
from workers.notices import tell
from workers.reconcile import reconcile_due

SALESFORCE, BOOKS = System.SALESFORCE, System.XERO
WEBHOOK, MESSAGES = Arrival(XERO, "main"), Arrival(OUTBOUND, "main")
ABSENT = "salesforce Account of sync accounts was not read for longer than salesforce says what was deleted"
A_MINUTE, AN_HOUR, A_DAY = 60.0, 3600.0, 86_400.0


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


async def heard(world: World, *arrivals: Arrival) -> None:
    """Verified pushes come in."""
    served = pushers.served(world.runtime.settings, world.runtime.syncs.values())
    now = world.clock.now()
    await world.database.run(lambda conn: scan_after_silence(served)(conn, dict.fromkeys(arrivals, False), now))
    await world.database.run(lambda conn: pushes.note(conn, arrivals, now))


async def pass_by(world: World, recipient: Recipient, seconds: float) -> None:
    """Let time pass while a worker reconciles, drains and tells. What it writes to Salesforce is pushed back."""
    while seconds > 0:
        world.clock.advance(A_MINUTE)
        seconds -= A_MINUTE
        await reconcile_due(world.runtime)
        await read_on(world.runtime)
        written = world.writes(SALESFORCE)
        await world.drain()
        if world.writes(SALESFORCE) > written:
            await heard(world, MESSAGES)
        await tell(world.runtime, recipient.send)


async def pause_after_the_next(world: World, system: System, object: str) -> float:
    """After how long the object is read again, when it was read just now."""
    world.clock.advance(AN_HOUR)
    await reconcile_due(world.runtime)
    found = await world.database.read(lambda conn: cursors.get(conn, world.sync.name, system, object))
    assert found
    return (found.next_at - world.clock.now()).total_seconds()


async def test_a_change_that_no_push_told_of_is_carried_told_once_and_over_with_the_next_push(
    world: World, recipient: Recipient
) -> None:
    await pass_by(world, recipient, AN_HOUR)
    await heard(world, WEBHOOK, MESSAGES)
    world.clock.advance(5 * A_MINUTE)
    world.xero.put("Contact", None, {"Name": "Never told"})
    await pass_by(world, recipient, 2 * AN_HOUR)
    assert world.only(SALESFORCE).fields["Name"] == "Never told"
    assert recipient.titles == ["pushes do not come (xero main)"]
    assert "none came since 2026-03-02 10:00 UTC" in recipient.got[0].body
    assert "crossbook webhooks" in recipient.got[0].body
    await heard(world, WEBHOOK)
    await pass_by(world, recipient, 10 * A_MINUTE)
    assert recipient.titles[1:] == ["over: pushes do not come (xero main)"]


async def test_what_was_pushed_before_it_was_found_is_no_silence_though_nothing_more_comes(
    world: World, recipient: Recipient
) -> None:
    await pass_by(world, recipient, A_MINUTE)
    await world.edit(BOOKS, None, Name="Ridgeway")
    await heard(world, WEBHOOK)
    await pass_by(world, recipient, A_DAY / 4)
    assert recipient.titles == []


async def test_a_quiet_week_is_no_silence(world: World, recipient: Recipient) -> None:
    await heard(world, WEBHOOK, MESSAGES)
    for _ in range(7):
        world.clock.advance(A_DAY)
        await pass_by(world, recipient, A_MINUTE)
    assert recipient.titles == []


async def test_our_own_writes_are_no_changes_that_should_have_been_pushed(world: World, recipient: Recipient) -> None:
    await heard(world, WEBHOOK, MESSAGES)
    await pass_by(world, recipient, A_MINUTE)
    world.clock.advance(10 * A_MINUTE)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await heard(world, MESSAGES)
    await pass_by(world, recipient, 2 * AN_HOUR)
    assert world.only(BOOKS).fields["Name"] == "Ridgeway"
    assert await world.database.read(finds.standing) == {}
    assert recipient.titles == []


async def test_a_webhook_that_was_never_registered_is_told_once(world: World, recipient: Recipient) -> None:
    await pass_by(world, recipient, A_MINUTE)
    for number in range(10):
        world.xero.put("Contact", None, {"Name": f"Customer {number}"})
        await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == ["pushes do not come (xero main)"]
    assert "none ever came" in recipient.got[0].body


@pytest.mark.parametrize(("daily_limit", "seconds"), [(5000, SOON_SECONDS), (1000, 864.0)])
async def test_while_pushes_do_not_come_any_more_their_system_is_read_as_often_as_the_quota_allows(
    world: World, recipient: Recipient, daily_limit: int, seconds: float
) -> None:
    one = world.runtime.settings.xero["main"].model_copy(update={"daily_limit": daily_limit})
    settings = world.runtime.settings.model_copy(update={"xero": {"main": one}})
    world.runtime = replace(world.runtime, settings=settings)
    await pass_by(world, recipient, A_MINUTE)
    await heard(world, WEBHOOK)
    world.clock.advance(5 * A_MINUTE)
    world.xero.put("Contact", None, {"Name": "Never told"})
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == ["pushes do not come (xero main)"]
    assert await pause_after_the_next(world, BOOKS, "Contact") == seconds
    assert await pause_after_the_next(world, SALESFORCE, "Account") == 900
    await heard(world, WEBHOOK)
    assert await pause_after_the_next(world, BOOKS, "Contact") == 900


async def test_who_never_pushed_is_read_as_often_as_ever(world: World, recipient: Recipient) -> None:
    await pass_by(world, recipient, A_MINUTE)
    world.xero.put("Contact", None, {"Name": "Never told"})
    await pass_by(world, recipient, AN_HOUR)
    assert recipient.titles == ["pushes do not come (xero main)"]
    assert await pause_after_the_next(world, BOOKS, "Contact") == 900


async def test_when_pushes_are_back_what_they_belong_to_is_read_at_once(world: World, recipient: Recipient) -> None:
    await pass_by(world, recipient, A_MINUTE)
    await heard(world, WEBHOOK, MESSAGES)
    world.clock.advance(A_DAY + AN_HOUR)
    await reconcile_due(world.runtime)
    world.clock.advance(A_MINUTE)
    before = world.calls(BOOKS, "changed"), world.calls(SALESFORCE, "changed")
    await heard(world, WEBHOOK)
    world.clock.advance(5)
    await reconcile_due(world.runtime)
    assert (world.calls(BOOKS, "changed"), world.calls(SALESFORCE, "changed")) == (before[0] + 1, before[1])


async def test_an_absence_longer_than_salesforce_remembers_is_told_and_over_when_all_is_read(
    world: World, recipient: Recipient
) -> None:
    world.salesforce = salesforce = InterruptedVendor(SALESFORCE, world.clock)
    salesforce.keeps_deletions = timedelta(days=15)
    world.restart()
    world.runtime = addressed(world.runtime)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await pass_by(world, recipient, A_MINUTE)
    world.clock.advance(20 * A_DAY)
    await pass_by(world, recipient, AN_HOUR)
    told = [line for message in recipient.got for line in message.body.splitlines() if ABSENT in line]
    assert [line.startswith("over: ") for line in told] == [False, True]
    await pass_by(world, recipient, AN_HOUR)
    assert "".join(message.body for message in recipient.got).count(ABSENT) == 2
