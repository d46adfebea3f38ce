"""A person pauses a record, a mapping or a sync, and lets it go on again: nothing is lost in between."""

from dataclasses import replace
from functools import partial

import pytest

from app.cli.telling_why import lines
from app.engine.pauses import mapping_scope, record_scope, sync_scope
from app.engine.records import RecordRef, System
from app.store import pauses, stories
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


async def linked(world: World) -> tuple[str, str]:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


async def pause(world: World, scope: str) -> None:
    assert await world.database.run(lambda conn: pauses.pause(conn, scope, "month end", world.clock.now()))


async def resume(world: World, scope: str) -> None:
    lanes = await world.database.run(lambda conn: pauses.resume(conn, world.sync.name, scope, world.clock.now()))
    assert lanes is not None
    await world.drain()
    await world.drain()


def scopes(world: World, account: str, contact: str) -> dict[str, str]:
    name = world.sync.name
    (mapping,) = world.sync.mappings
    return {
        "account": record_scope(name, RecordRef(SALESFORCE, "Account", account)),
        "contact": record_scope(name, RecordRef(XERO, "Contact", contact)),
        "mapping": mapping_scope(name, mapping),
        "sync": sync_scope(name),
    }


@pytest.mark.parametrize("what", ["account", "contact", "mapping", "sync"])
async def test_while_paused_both_directions_stop_and_afterwards_both_edits_stand(world: World, what: str) -> None:
    account, contact = await linked(world)
    scope = scopes(world, account, contact)[what]
    await pause(world, scope)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    await world.drain()
    world.clock.advance(86_400)
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 111")
    assert world.only(SALESFORCE).fields.get("Email__c") is None
    assert (await world.outcomes())["pending"] == 2
    await resume(world, scope)
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "new@ridgeway.example"
    assert (await world.outcomes())["pending"] == 0


async def test_others_go_on_while_one_record_is_paused(world: World) -> None:
    account, contact = await linked(world)
    await pause(world, scopes(world, account, contact)["account"])
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(SALESFORCE, None, Name="Harbour Cafe")
    await world.drain()
    names = {str(seen.fields["Name"]) for seen in world.xero.all("Contact")}
    assert names == {"Ridgeway", "Harbour Cafe"}
    assert (await world.outcomes())["pending"] == 1


async def test_a_paused_record_costs_no_calls(world: World) -> None:
    account, contact = await linked(world)
    await pause(world, scopes(world, account, contact)["mapping"])
    before = len(world.salesforce.calls) + len(world.xero.calls)
    for number in range(5):
        await world.edit(SALESFORCE, account, Phone=f"03 {number}")
        await world.drain()
    assert len(world.salesforce.calls) + len(world.xero.calls) == before


async def test_a_record_that_would_be_recognised_as_a_paused_one_rests_too(world: World) -> None:
    contact = world.xero.put("Contact", None, {"Name": "Ridgeway"})
    scope = record_scope(world.sync.name, RecordRef(XERO, "Contact", contact))
    await pause(world, scope)
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    assert await world.link_count() == 0
    assert len(world.xero.all("Contact")) == 1
    await resume(world, scope)
    assert await world.link_count() == 1
    assert world.only(XERO).fields["Phones"] == phone("03 111")


async def test_one_mapping_is_paused_and_another_of_the_same_record_goes_on(new_world: NewWorld) -> None:
    sync = accounts_sync()
    (mapping,) = sync.mappings.values()
    none = replace(mapping, name="partners", create_in_xero=None)
    world = new_world(replace(sync, mappings={mapping.name: mapping, "partners": none}))
    await pause(world, mapping_scope(sync.name, "partners"))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.outcomes() == {"pending": 1}
    await resume(world, mapping_scope(sync.name, "partners"))
    assert (await world.outcomes())["pending"] == 0
    assert len(world.xero.all("Contact")) == 1


async def test_a_pause_that_is_over_stays_in_the_story_of_its_record(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    ref = RecordRef(SALESFORCE, "Account", account)
    scope = record_scope(world.sync.name, ref)
    await pause(world, scope)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    world.clock.advance(86_400)
    await resume(world, scope)
    await world.drain()
    story = await world.database.read(lambda conn: stories.of_record(conn, ref, [world.sync.name]))
    (told,) = [line for line in lines(story) if "stopped" in line]
    assert told.endswith(f"stopped: {scope} (month end)")
    assert story.stops[0].ended_at == world.clock.now()


async def test_a_question_is_told_at_every_record_that_it_names(world: World) -> None:
    for name in ("One", "Two"):
        await world.edit(SALESFORCE, None, Name=name)
    await world.drain()
    first, second = (seen.ref for seen in world.salesforce.all("Account"))
    world.salesforce.merge("Account", first.id, second.id)
    await world.push(SALESFORCE, first.id)
    await world.drain()
    for ref in (first, second):
        story = await world.database.read(partial(stories.of_record, ref=ref, syncs=[world.sync.name]))
        assert [question.topic for question in (*story.questions, *story.named_in)] == ["merged"]
