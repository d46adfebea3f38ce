"""A write in doubt is not sent once more when nobody wants it any more: it is waited out, and its target believed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from app.engine.events import Kind
from app.engine.pauses import mapping_scope, record_scope
from app.engine.records import RecordRef, System
from app.errors import Doubtful
from app.mapping.model import Direction, Mapping, Mode, OnOptOut
from app.store import pauses
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
CUT = Doubtful("the connection was cut")


def ticked(mapping: Mapping) -> Mapping:
    return replace(mapping, opt_in="Sync_to_Xero__c", on_opt_out=OnOptOut.ARCHIVE)


async def doubtful_update(world: World) -> str:
    """An account whose new phone was sent to Xero and never arrived."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    world.xero.fail_next(CUT)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    return account


async def wait(world: World) -> None:
    """As long as the write is young, and until it can no longer be running."""
    world.clock.advance(10)
    await world.drain()
    world.clock.advance(200)
    await world.drain()


async def observe(world: World, account: str) -> None:
    world.sync = replace(world.sync, mode=Mode.OBSERVE)
    world.restart()


async def turn(world: World, account: str) -> None:
    def one_way(mapping: Mapping) -> Mapping:
        rules = tuple(replace(rule, direction=Direction.TO_SALESFORCE) for rule in mapping.fields)
        return replace(mapping, direction=Direction.TO_SALESFORCE, fields=rules)

    world.sync = accounts_sync(one_way)
    world.restart()


async def pause(world: World, scope: str) -> None:
    await world.database.run(lambda conn: pauses.pause(conn, scope, "by hand", world.clock.now()))


async def pause_record(world: World, account: str) -> None:
    await pause(world, record_scope(world.sync.name, RecordRef(SALESFORCE, "Account", account)))


async def pause_mapping(world: World, account: str) -> None:
    await pause(world, mapping_scope(world.sync.name, "customers"))


async def take_back(world: World, account: str) -> None:
    await world.edit(SALESFORCE, account, Phone="03 111")


@pytest.mark.parametrize("stop", [observe, turn, pause_record, pause_mapping, take_back])
async def test_an_update_in_doubt_that_is_stopped_is_not_sent_once_more(
    world: World, stop: Callable[[World, str], Awaitable[None]]
) -> None:
    account = await doubtful_update(world)
    writes = world.calls(XERO, "send")
    await stop(world, account)
    await wait(world)
    assert world.calls(XERO, "send") == writes
    assert world.only(XERO).fields["Phones"] == phone("03 111")


async def test_what_was_paused_while_it_was_in_doubt_goes_on_when_it_is_resumed(world: World) -> None:
    account = await doubtful_update(world)
    await pause_record(world, account)
    await wait(world)
    name = world.sync.name
    scope = record_scope(name, RecordRef(SALESFORCE, "Account", account))
    await world.database.run(lambda conn: pauses.resume(conn, name, scope, world.clock.now()))
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")


async def test_a_create_in_doubt_of_an_account_that_was_deleted_is_not_sent_once_more(world: World) -> None:
    world.xero.fail_next(CUT)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account, Kind.DELETED)
    await wait(world)
    assert world.xero.all("Contact") == []


@pytest.mark.facts
@pytest.mark.parametrize("how", ["opt-in", "undelete"])
async def test_an_archiving_in_doubt_that_is_taken_back_is_not_sent_once_more(new_world: NewWorld, how: str) -> None:
    world = new_world(accounts_sync(ticked))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Sync_to_Xero__c=True)
    await world.drain()
    world.clock.advance(60)
    world.xero.fail_next(CUT)
    if how == "opt-in":
        await world.edit(SALESFORCE, account, Sync_to_Xero__c=False)
        await world.drain()
        await world.edit(SALESFORCE, account, Sync_to_Xero__c=True)
    else:
        world.salesforce.delete("Account", account)
        await world.push(SALESFORCE, account, Kind.DELETED)
        await world.drain()
        world.clock.advance(1)
        world.salesforce.restore("Account", account)
        await world.push(SALESFORCE, account, Kind.UNDELETED)
    writes = world.writes(XERO)
    await wait(world)
    assert (world.only(XERO).presence, world.writes(XERO)) == ("live", writes)
