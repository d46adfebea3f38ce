"""Archived, deleted, undeleted, opted out and in again: what becomes of the other side."""

from dataclasses import replace

import pytest

from app.engine.actions import Declined
from app.engine.ledger import Entry, Question
from app.engine.records import System
from app.errors import Doubtful
from app.mapping.model import Mapping, OnDelete, OnOptOut
from app.store import history, questions
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def opting(new_world: NewWorld, on_opt_out: OnOptOut) -> World:
    """A world whose accounts take part only when ticked."""
    return new_world(accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c", on_opt_out=on_opt_out)))


async def linked(world: World) -> tuple[str, str]:
    """A customer that both systems hold."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Sync_to_Xero__c=True)
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


async def deleted(world: World, account: str) -> None:
    world.clock.advance(1)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()


async def undeleted(world: World, account: str) -> None:
    world.clock.advance(1)
    world.salesforce.restore("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()


async def archived(world: World, contact: str) -> None:
    world.clock.advance(1)
    world.xero.archive("Contact", contact)
    await world.push(XERO, contact)
    await world.drain()


async def unarchived(world: World, contact: str) -> None:
    world.clock.advance(1)
    world.xero.restore("Contact", contact)
    await world.push(XERO, contact)
    await world.drain()


async def asked(world: World) -> tuple[Question, ...]:
    return await world.database.read(questions.open_questions)


async def told(world: World) -> tuple[Entry, ...]:
    """The history of the contact, the oldest first."""
    entries = await world.database.read(lambda conn: history.of_record(conn, world.only(XERO).ref))
    return tuple(reversed(entries))


async def test_an_undeleted_account_brings_back_the_contact_that_was_archived_for_it(world: World) -> None:
    account, _ = await linked(world)
    await deleted(world, account)
    assert world.only(XERO).presence == "archived"
    await undeleted(world, account)
    assert world.only(XERO).presence == "live"
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert [(entry.action, entry.reason) for entry in await told(world)][1:3] == [
        ("archive", "deleted in salesforce"),
        ("restore", "undeleted in salesforce"),
    ]


async def test_what_was_edited_before_the_account_came_back_is_carried_then(world: World) -> None:
    account, _ = await linked(world)
    await deleted(world, account)
    world.salesforce.restore("Account", account)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert (world.only(XERO).presence, world.only(XERO).fields["Phones"]) == ("live", phone("03 222"))


async def test_a_deletion_that_is_undone_before_anybody_looked_changes_nothing(world: World) -> None:
    account, _ = await linked(world)
    writes = world.writes(XERO)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await undeleted(world, account)
    assert (world.only(XERO).presence, world.writes(XERO)) == ("live", writes)


@pytest.mark.facts
async def test_a_contact_that_a_person_archived_is_left_alone(world: World) -> None:
    account, contact = await linked(world)
    await archived(world, contact)
    writes = world.writes(XERO)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(SALESFORCE).presence == "live"
    assert (world.writes(XERO), world.only(XERO).presence) == (writes, "archived")
    assert (await world.outcomes())["filtered"] == 2
    assert any("Salesforce has no archive" in entry.reason for entry in await told(world))


async def test_a_contact_that_a_person_archived_does_not_come_back_with_its_account(world: World) -> None:
    account, contact = await linked(world)
    await archived(world, contact)
    await deleted(world, account)
    await undeleted(world, account)
    assert world.only(XERO).presence == "archived"


async def test_both_gone_in_the_same_moment_stay_gone_on_the_side_where_a_person_archived(world: World) -> None:
    account, contact = await linked(world)
    world.xero.archive("Contact", contact)
    await deleted(world, account)
    await undeleted(world, account)
    assert world.only(XERO).presence == "archived"


async def test_a_contact_that_is_unarchived_goes_on_from_what_was_agreed(world: World) -> None:
    account, contact = await linked(world)
    await archived(world, contact)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    world.xero.put("Contact", contact, {"EmailAddress": "b@ridgeway.example"})
    await unarchived(world, contact)
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"


async def test_a_contact_that_a_person_restores_though_its_account_is_deleted_is_a_question(world: World) -> None:
    account, contact = await linked(world)
    await deleted(world, account)
    await unarchived(world, contact)
    (question,) = await asked(world)
    assert (question.topic, world.only(XERO).presence) == ("gone", "live")
    assert "a person restored its contact" in str(question.detail["why"])
    await undeleted(world, account)
    assert await asked(world) == ()


async def test_a_contact_that_xero_does_not_bring_back_is_a_question_and_no_loop(world: World) -> None:
    account, contact = await linked(world)
    await deleted(world, account)
    world.xero.decline_next(Declined("wrong_status", "the contact status is not valid"), id=contact)
    await undeleted(world, account)
    calls = world.calls(XERO, "send")
    (question,) = await asked(world)
    assert question.topic == "restore"
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.calls(XERO, "send") == calls
    assert [each.topic for each in await asked(world)] == ["restore"]
    await unarchived(world, contact)
    assert (await asked(world), world.only(XERO).fields["Phones"]) == ((), phone("03 222"))


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_restoring_whose_answer_is_lost_is_neither_lost_nor_taken_for_a_person_s(
    world: World, *, carried_out: bool
) -> None:
    account, _ = await linked(world)
    await deleted(world, account)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await undeleted(world, account)
    world.clock.advance(10)
    await world.drain()
    assert (world.only(XERO).presence, await asked(world)) == ("live", ())
    await deleted(world, account)
    assert world.only(XERO).presence == "archived"


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_archiving_whose_answer_is_lost_is_not_taken_for_a_person_s(
    world: World, *, carried_out: bool
) -> None:
    account, _ = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await deleted(world, account)
    world.clock.advance(10)
    await world.drain()
    await undeleted(world, account)
    assert (world.only(XERO).presence, await asked(world)) == ("live", ())


def deleting(new_world: NewWorld, policy: OnDelete) -> World:
    def follow(mapping: Mapping) -> Mapping:
        return replace(mapping, on_delete=policy)

    return new_world(accounts_sync(follow))


async def test_on_delete_ignore_leaves_the_contact_and_goes_on_when_the_account_is_undeleted(
    new_world: NewWorld,
) -> None:
    world = deleting(new_world, OnDelete.IGNORE)
    account, contact = await linked(world)
    await deleted(world, account)
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    await world.drain()
    assert (world.only(XERO).presence, await asked(world)) == ("live", ())
    await undeleted(world, account)
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"


async def test_on_delete_ask_asks_whichever_side_goes(new_world: NewWorld) -> None:
    world = deleting(new_world, OnDelete.ASK)
    account, contact = await linked(world)
    await deleted(world, account)
    assert ([each.topic for each in await asked(world)], world.only(XERO).presence) == (["gone"], "live")
    await undeleted(world, account)
    assert await asked(world) == ()
    await archived(world, contact)
    assert ([each.topic for each in await asked(world)], world.only(SALESFORCE).presence) == (["gone"], "live")


async def test_opting_out_with_keep_stops_both_directions_until_it_is_ticked_again(new_world: NewWorld) -> None:
    world = opting(new_world, OnOptOut.KEEP)
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=False, Phone="03 222")
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    await world.drain()
    assert (world.only(XERO).presence, world.only(XERO).fields["Phones"]) == ("live", phone("03 111"))
    assert not world.only(SALESFORCE).fields.get("Email__c")
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=True)
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"


async def test_opting_out_with_archive_archives_and_opting_in_restores_and_merges(new_world: NewWorld) -> None:
    world = opting(new_world, OnOptOut.ARCHIVE)
    account, contact = await linked(world)
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=False, Phone="03 222")
    await world.drain()
    assert world.only(XERO).presence == "archived"
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=True)
    await world.drain()
    assert (world.only(XERO).presence, world.only(XERO).fields["Phones"]) == ("live", phone("03 222"))
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"
    assert [entry.reason for entry in await told(world)][1:3] == [
        "Sync_to_Xero__c is not ticked any more",
        "Sync_to_Xero__c is ticked again",
    ]


async def test_opting_in_does_not_bring_back_what_a_person_archived(new_world: NewWorld) -> None:
    world = opting(new_world, OnOptOut.ARCHIVE)
    account, contact = await linked(world)
    await archived(world, contact)
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=False)
    await world.drain()
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=True)
    await world.drain()
    assert world.only(XERO).presence == "archived"


@pytest.mark.parametrize("kind", ["xero restoring_refused"], indirect=True)
async def test_where_xero_never_restores_over_its_api_a_person_is_asked_to(world: World) -> None:
    account, contact = await linked(world)
    await deleted(world, account)
    await undeleted(world, account)
    assert ([each.topic for each in await asked(world)], world.only(XERO).presence) == (["restore"], "archived")
    await unarchived(world, contact)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert (await asked(world), world.only(XERO).fields["Phones"]) == ((), phone("03 222"))
