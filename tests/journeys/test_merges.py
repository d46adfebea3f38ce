"""Merged records: the link follows to the survivor, and nothing is archived for a merge."""

from dataclasses import replace

import pytest

from app.engine.ledger import Question
from app.engine.records import RecordRef, System
from app.engine.retry import FOLLOW_SECONDS
from app.errors import Doubtful
from app.mapping.model import Mapping, Mode, OnOptOut
from app.store import backlog, history, links, questions
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
OPT_IN = "Sync_to_Xero__c"


async def customer(world: World, name: str) -> tuple[str, str]:
    """A customer that both systems hold: the ids of account and contact."""
    account = await world.edit(SALESFORCE, None, Name=name, Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    return account, await contact_of(world, account)


async def contact_of(world: World, account: str) -> str:
    ref = RecordRef(SALESFORCE, "Account", account)
    (link,) = (await world.database.read(lambda conn: links.of(conn, world.sync.name, [ref])))[ref]
    return link.xero.id


async def only_in_xero(world: World, name: str) -> str:
    """A contact that Crossbook does not know of."""
    world.clock.advance(1)
    return world.xero.put("Contact", None, {"Name": name})


async def only_in_salesforce(world: World, name: str) -> str:
    """An account that Crossbook does not know of."""
    world.clock.advance(1)
    return world.salesforce.put("Account", None, {"Name": name})


async def merge(world: World, system: System, loser: str, survivor: str) -> None:
    """A person merges two records, and the system tells of the loser."""
    world.clock.advance(1)
    world.vendor(system).merge("Account" if system is SALESFORCE else "Contact", loser, survivor)
    await world.push(system, loser)


async def asked(world: World) -> tuple[Question, ...]:
    return await world.database.read(questions.open_questions)


async def reasons(world: World, ref: RecordRef) -> list[str]:
    return [entry.reason for entry in await world.database.read(lambda conn: history.of_record(conn, ref))]


@pytest.mark.facts
async def test_a_merged_account_hands_its_contact_to_the_survivor(world: World) -> None:
    loser, contact = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    await merge(world, SALESFORCE, loser, survivor)
    await world.drain()
    assert await contact_of(world, survivor) == contact
    assert world.only(XERO).presence == "live"
    assert world.only(XERO).fields["Name"] == "Ridgeway Ltd"
    assert await asked(world) == ()
    for id in (loser, survivor):
        told = await reasons(world, RecordRef(SALESFORCE, "Account", id))
        assert f"merged into {survivor} in salesforce: the link follows, with what was agreed" in told


@pytest.mark.facts
async def test_a_merged_contact_hands_its_account_to_the_survivor(world: World) -> None:
    account, loser = await customer(world, "Ridgeway")
    survivor = await only_in_xero(world, "Ridgeway Ltd")
    await merge(world, XERO, loser, survivor)
    await world.drain()
    assert await contact_of(world, account) == survivor
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway Ltd"
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    after = world.xero.get("Contact", survivor)
    assert after
    assert after.fields["Phones"] == phone("03 222")


async def test_a_chain_of_merges_is_followed_to_its_end(world: World) -> None:
    first, contact = await customer(world, "Ridgeway")
    second, third = await only_in_salesforce(world, "Ridgeway Ltd"), await only_in_salesforce(world, "Ridgeway Group")
    await merge(world, SALESFORCE, first, second)
    await merge(world, SALESFORCE, second, third)
    await world.drain()
    assert await contact_of(world, third) == contact
    assert len(world.xero.all("Contact")) == 1


async def test_the_survivor_s_own_push_may_come_first(world: World) -> None:
    loser, contact = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.clock.advance(1)
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, survivor)
    await world.push(SALESFORCE, loser)
    await world.drain()
    assert await contact_of(world, survivor) == contact
    assert len(world.xero.all("Contact")) == 1


async def test_the_survivor_alone_may_be_heard_of(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c")))
    loser = await world.edit(SALESFORCE, None, Name="Ridgeway", Sync_to_Xero__c=True)
    survivor = await world.edit(SALESFORCE, None, Name="Ridgeway Ltd", Sync_to_Xero__c=False)
    await world.drain()
    contact = await contact_of(world, loser)
    world.clock.advance(60)
    world.salesforce.put("Account", survivor, {"Sync_to_Xero__c": True})
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, survivor)
    await world.drain()
    assert await contact_of(world, survivor) == contact
    assert [each.fields["Name"] for each in world.xero.all("Contact")] == ["Ridgeway Ltd"]


async def test_a_merge_is_followed_only_once_a_write_in_doubt_is_cleared_up(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c")))
    loser = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Sync_to_Xero__c=True)
    survivor = await world.edit(SALESFORCE, None, Name="Ridgeway Ltd", Phone="03 999", Sync_to_Xero__c=False)
    await world.drain()
    world.clock.advance(60)
    world.xero.fail_next(Doubtful("cut"), carried_out=True)
    await world.edit(SALESFORCE, loser, Phone="03 222")
    await world.drain()
    world.salesforce.put("Account", survivor, {"Sync_to_Xero__c": True})
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, survivor)
    for seconds in (10, 200):
        await world.drain()
        world.clock.advance(seconds)
    await world.drain()
    kept = world.salesforce.get("Account", survivor)
    assert kept
    assert (kept.fields["Phone"], world.only(XERO).fields["Phones"]) == ("03 999", phone("03 999"))


async def test_a_contact_that_survives_may_be_heard_of_alone(world: World) -> None:
    account, loser = await customer(world, "Ridgeway")
    survivor = await only_in_xero(world, "Ridgeway Ltd")
    world.clock.advance(1)
    world.xero.merge("Contact", loser, survivor)
    await world.push(XERO, survivor)
    await world.drain()
    assert await contact_of(world, account) == survivor
    assert len(world.salesforce.all("Account")) == 1


async def test_a_survivor_that_is_linked_already_is_a_question_and_nothing_is_archived(world: World) -> None:
    loser, contact = await customer(world, "Ridgeway")
    survivor, other = await customer(world, "Ridgeway Ltd")
    await merge(world, SALESFORCE, loser, survivor)
    await world.drain()
    (question,) = await asked(world)
    assert question.topic == "merged"
    assert [question.detail[name] for name in ("record", "survivor", "counterpart", "survivor_counterpart")] == [
        f"salesforce:Account:{loser}",
        f"salesforce:Account:{survivor}",
        f"xero:Contact:{contact}",
        f"xero:Contact:{other}",
    ]
    assert [seen.presence for seen in world.xero.all("Contact")] == ["live", "live"]


async def test_a_surviving_contact_that_is_linked_already_is_a_question_and_nothing_is_archived(world: World) -> None:
    account, loser = await customer(world, "Ridgeway")
    other, survivor = await customer(world, "Ridgeway Ltd")
    await merge(world, XERO, loser, survivor)
    await world.drain()
    (question,) = await asked(world)
    assert question.topic == "merged"
    assert [question.detail[name] for name in ("record", "survivor", "counterpart", "survivor_counterpart")] == [
        f"xero:Contact:{loser}",
        f"xero:Contact:{survivor}",
        f"salesforce:Account:{account}",
        f"salesforce:Account:{other}",
    ]
    assert [seen.presence for seen in world.salesforce.all("Account")] == ["live", "live"]
    assert (await contact_of(world, account), await contact_of(world, other)) == (loser, survivor)
    await merge(world, SALESFORCE, account, other)
    await world.drain()
    assert (await asked(world), await contact_of(world, other)) == ((), survivor)
    assert [seen.presence for seen in world.xero.all("Contact")] == ["archived", "live"]


async def test_the_question_is_settled_once_the_other_side_has_been_merged_as_well(world: World) -> None:
    loser, contact = await customer(world, "Ridgeway")
    survivor, other = await customer(world, "Ridgeway Ltd")
    await merge(world, SALESFORCE, loser, survivor)
    await world.drain()
    await merge(world, XERO, contact, other)
    await world.drain()
    assert await asked(world) == ()
    assert await contact_of(world, survivor) == other
    await world.edit(SALESFORCE, survivor, Phone="03 222")
    await world.drain()
    kept = world.xero.get("Contact", other)
    assert kept
    assert kept.fields["Phones"] == phone("03 222")


@pytest.mark.memory
async def test_a_survivor_that_is_deleted_itself_takes_the_contact_with_it(world: World) -> None:
    loser, _ = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.salesforce.merge("Account", loser, survivor)
    world.salesforce.delete("Account", survivor)
    await world.push(SALESFORCE, loser)
    await world.drain()
    assert world.only(XERO).presence == "archived"


async def test_a_survivor_out_of_sight_is_a_question(world: World) -> None:
    loser, _ = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.salesforce.hidden.add(survivor)
    await merge(world, SALESFORCE, loser, survivor)
    await world.drain()
    (question,) = await asked(world)
    assert (question.topic, world.only(XERO).presence) == ("merged", "live")
    world.salesforce.hidden.clear()
    await world.push(SALESFORCE, loser)
    await world.drain()
    assert (await asked(world), await contact_of(world, survivor)) == ((), world.only(XERO).ref.id)


async def test_a_merge_that_only_the_look_before_a_write_shows_is_followed_first(world: World) -> None:
    loser, contact = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.salesforce.merge("Account", loser, survivor)  # of which nobody tells
    world.clock.advance(60)
    await world.edit(XERO, contact, Phones=phone("03 222"))
    await world.drain()
    ref = RecordRef(XERO, "Contact", contact)
    (standing,) = await world.database.read(lambda conn: backlog.of_record(conn, ref))
    assert standing.reason == "one of the two was merged a moment ago"
    world.clock.advance(FOLLOW_SECONDS)
    await world.drain()
    assert (await asked(world), await contact_of(world, survivor)) == ((), contact)
    account = world.salesforce.get("Account", survivor)
    assert account
    assert account.fields["Phone"] == "03 222"


async def test_a_survivor_waits_for_the_create_of_whom_it_absorbed(world: World) -> None:
    world.xero.fail_next(Doubtful("cut"), carried_out=True)
    loser = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, survivor)  # of the loser nobody tells
    await world.drain()
    for _ in range(3):
        world.clock.advance(130)
        await world.drain()
    assert await contact_of(world, survivor) == world.only(XERO).ref.id
    assert (world.only(XERO).fields["Name"], await asked(world)) == ("Ridgeway Ltd", ())


async def test_a_contact_that_was_merged_while_its_account_is_gone_touches_nobody_else(world: World) -> None:
    account, loser = await customer(world, "Ridgeway")
    held = world.only(XERO).fields
    survivor = world.xero.put("Contact", None, {"Name": "Ridgeway 2", "Phones": held["Phones"]})
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await merge(world, XERO, loser, survivor)
    await world.drain()
    kept = world.xero.get("Contact", survivor)
    assert kept
    assert kept.presence == "live"
    assert await contact_of(world, account) == loser


async def test_a_contact_that_was_merged_while_its_account_opts_out_touches_nobody_else(new_world: NewWorld) -> None:
    def opted_in(mapping: Mapping) -> Mapping:
        return replace(mapping, opt_in=OPT_IN, on_opt_out=OnOptOut.ARCHIVE, create_in_salesforce=None)

    world = new_world(accounts_sync(opted_in))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", **{OPT_IN: True})
    await world.drain()
    world.clock.advance(60)
    loser, survivor = await contact_of(world, account), await only_in_xero(world, "Ridgeway 2")
    world.clock.advance(1)
    world.xero.merge("Contact", loser, survivor)
    await world.edit(SALESFORCE, account, **{OPT_IN: False})
    await world.push(XERO, loser)
    await world.push(XERO, survivor)
    await world.drain()
    world.clock.advance(FOLLOW_SECONDS)
    await world.drain()
    kept = world.xero.get("Contact", survivor)
    assert kept
    assert kept.presence == "live"
    await world.edit(SALESFORCE, account, **{OPT_IN: True})
    await world.drain()
    world.clock.advance(FOLLOW_SECONDS)
    await world.drain()
    assert await contact_of(world, account) == survivor
    assert await asked(world) == ()


async def test_in_observe_mode_a_merge_moves_no_link(new_world: NewWorld) -> None:
    world = new_world()
    loser, contact = await customer(world, "Ridgeway")
    survivor = await only_in_salesforce(world, "Ridgeway Ltd")
    world.sync = replace(world.sync, mode=Mode.OBSERVE)
    world.restart()
    await merge(world, SALESFORCE, loser, survivor)
    await world.drain()
    assert await contact_of(world, loser) == contact
    assert world.only(XERO).presence == "live"
