"""What a sync in observe mode would do is told before it is live."""

from dataclasses import replace

import pytest

from app.cli import preview
from app.engine.records import System
from app.errors import CrossbookError
from app.mapping.model import Mode
from tests.support.kinds import NewWorld
from tests.support.world import accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO


async def test_a_preview_counts_and_lists_what_would_be_created_changed_and_linked(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(mode=Mode.OBSERVE))
    assert "would write nothing" in "\n".join((await preview.carry_out(world.runtime)).lines)
    new = await world.edit(SALESFORCE, None, Name="Ridgeway")
    both = await world.edit(SALESFORCE, None, Name="Harbour Cafe")
    contact = await world.edit(XERO, None, Name="Harbour Cafe", EmailAddress="a@harbour.example")
    await world.drain()
    await world.edit(SALESFORCE, new, Phone="03 111")  # what is seen again is counted once
    await world.drain()
    told = await preview.carry_out(world.runtime)
    assert told.lines[0] == "accounts would create 1 in xero, link 1, update 1 in salesforce"
    pair = f"salesforce:Account:{both} = xero:Contact:{contact}"
    assert f"  link: {pair} (linked by Name)" in told.lines
    assert any(line.startswith(f"  update in salesforce: {pair}") for line in told.lines)
    assert any(line.startswith(f"  create in xero: salesforce:Account:{new} (") for line in told.lines)
    (shortened,) = (await preview.carry_out(world.runtime, "accounts", limit=1)).lines[2:]
    assert shortened == "  and 2 more; --json lists them all"
    with pytest.raises(CrossbookError, match="there is no sync elsewhere"):
        await preview.carry_out(world.runtime, "elsewhere")
    assert world.writes(XERO) == world.writes(SALESFORCE) == 0


async def test_a_preview_forgets_what_a_later_look_has_made_void(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c"), Mode.OBSERVE))
    by_hand = await world.edit(SALESFORCE, None, Name="Ridgeway", Sync_to_Xero__c=True)
    unticked = await world.edit(SALESFORCE, None, Name="Harbour Cafe", Sync_to_Xero__c=True)
    await world.drain()
    assert (await preview.carry_out(world.runtime)).lines[0] == "accounts would create 2 in xero"
    world.clock.advance(60)
    await world.edit(XERO, None, Name="Ridgeway")
    await world.edit(SALESFORCE, by_hand, Name="Ridgeway")
    await world.edit(SALESFORCE, unticked, Sync_to_Xero__c=False)
    await world.drain()
    told = (await preview.carry_out(world.runtime)).lines
    assert "create" not in told[0]
    assert "link 1" in told[0]
    assert not any(unticked in line for line in told)


async def test_a_sync_that_is_live_has_no_preview(new_world: NewWorld) -> None:
    world = new_world()
    assert (await preview.carry_out(world.runtime)).lines == [
        "accounts is live: crossbook why RECORD tells what it did"
    ]
