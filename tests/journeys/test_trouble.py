"""What goes wrong between two systems, and that nothing is lost or doubled by it."""

from dataclasses import replace

import pytest

from app.engine.actions import Declined
from app.engine.records import System
from app.errors import Doubtful, OutOfQuota, SignInNeeded, Unreachable
from app.mapping.model import CreateRule, Mapping, Mode, OnConflict, OnDelete
from app.store import history, leases, questions
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


async def linked(world: World) -> tuple[str, str]:
    """A customer that both systems hold."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_create_whose_answer_is_lost_makes_one_record(world: World, *, carried_out: bool) -> None:
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(10)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.link_count() == 1
    assert await world.outcomes() == {"applied": 1} or await world.outcomes() == {"unchanged": 1}


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_account_whose_create_is_lost_is_made_once(world: World, *, carried_out: bool) -> None:
    world.salesforce.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await world.edit(XERO, None, Name="Harbour Cafe")
    await world.drain()
    world.clock.advance(10)
    await world.drain()
    assert world.only(SALESFORCE).fields["Name"] == "Harbour Cafe"
    assert await world.link_count() == 1


async def test_an_edit_made_while_a_create_is_in_doubt_travels_back(world: World) -> None:
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=True)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    await world.edit(XERO, world.only(XERO).ref.id, Phones=phone("03 999"))
    world.clock.advance(10)
    await world.drain()
    await world.drain()
    fields = world.only(SALESFORCE).fields
    assert (world.only(SALESFORCE).ref.id, fields["Phone"]) == (account, "03 999")


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_edit_of_the_source_while_an_update_is_in_doubt_stands(world: World, *, carried_out: bool) -> None:
    account, _ = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    await world.edit(SALESFORCE, account, Phone="03 333")
    world.clock.advance(10)
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 333")
    assert world.only(SALESFORCE).fields["Phone"] == "03 333"


async def test_an_edit_of_the_target_while_an_update_is_in_doubt_is_not_run_over(world: World) -> None:
    account, contact = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=False)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    world.clock.advance(10)
    await world.drain()
    world.clock.advance(150)
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "new@ridgeway.example"


async def test_a_worker_that_dies_after_sending_is_followed_by_one_that_finds_the_record(world: World) -> None:
    world.xero.fail_next(RuntimeError("the process is gone"), carried_out=True)  # type: ignore[arg-type] # any end
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    with pytest.raises(RuntimeError):
        await run_and_die(world)
    world.restart()
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert world.writes(XERO) == 1
    assert await world.link_count() == 1


async def run_and_die(world: World) -> None:
    """One batch without the last rung: as if the process ended in it."""
    from app.engine.batches import run_batch
    from app.engine.bench import Bench
    from app.store.lane_memory import DatabaseLaneMemory

    lease = await world.database.run(lambda conn: leases.take(conn, world.lane, "worker-1", world.clock.now(), 25))
    assert lease
    memory = DatabaseLaneMemory(world.database, lease)
    runtime = world.runtime
    bench = Bench(
        runtime.lanes[world.lane], runtime.connectors(world.sync), memory, world.clock, runtime.new_id, runtime.chance
    )
    await run_batch(bench, await memory.claim(50))


async def test_a_worker_that_lost_its_lease_settles_nothing(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    taken = await world.database.run(lambda conn: leases.take(conn, world.lane, "other", world.clock.now(), 25))
    assert taken
    await world.drain()
    assert world.xero.all("Contact") == []
    world.clock.advance(30)
    await world.drain()
    assert len(world.xero.all("Contact")) == 1


@pytest.mark.parametrize(
    "trouble",
    [Unreachable("offline"), SignInNeeded("revoked"), None],
    ids=["unreachable", "signed out", "out of quota"],
)
async def test_a_vendor_that_says_stop_parks_the_lane_and_blames_no_record(
    world: World, trouble: Unreachable | SignInNeeded | None
) -> None:
    until = world.clock.advance(0)
    error = trouble or OutOfQuota("a minute's calls are used up", until=until.replace(year=until.year + 1))
    world.xero.fail_next(error, method="send")
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    (held,) = await world.database.read(leases.held)
    assert held.parked_until
    assert held.parked_until > world.clock.now()
    assert await world.outcomes() == {"pending": 1}
    world.clock.advance((held.parked_until - world.clock.now()).total_seconds() + 1)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.dead() == []


@pytest.mark.likely
async def test_one_refused_record_costs_the_others_nothing(world: World) -> None:
    """Where answers show only ids and in any order, the four are in doubt first: nobody knows which was refused."""
    world.xero.decline_next(Declined("validation", "the e-mail address is not valid"))
    await world.edit(SALESFORCE, None, Name="Bad")
    for number in range(3):
        await world.edit(SALESFORCE, None, Name=f"Good {number}")
    await world.drain()
    assert len(world.xero.all("Contact")) == 3
    assert await world.dead() == ["validation"]
    assert await world.outcomes() == {"applied": 3, "dead": 1}


async def test_a_dead_letter_lives_again_when_its_record_is_edited(world: World) -> None:
    world.xero.decline_next(Declined("validation", "the e-mail address is not valid"))
    account = await world.edit(SALESFORCE, None, Name="Bad")
    await world.drain()
    await world.edit(SALESFORCE, account, Email__c="good@ridgeway.example")
    await world.drain()
    assert world.only(XERO).fields["EmailAddress"] == "good@ridgeway.example"
    assert await world.dead() == []
    assert await world.outcomes() == {"applied": 1, "superseded": 1}


async def test_a_dead_letter_is_over_once_its_change_has_come_across_another_way(world: World) -> None:
    account, contact = await linked(world)
    world.xero.decline_next(Declined("validation", "the e-mail address is not valid"), id=contact)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert await world.dead() == ["validation"]
    world.clock.advance(60)
    await world.edit(XERO, contact, EmailAddress="good@ridgeway.example")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert await world.dead() == []


async def test_a_row_lock_passes_by_itself(world: World) -> None:
    _, contact = await linked(world)
    account = world.only(SALESFORCE).ref.id
    world.salesforce.decline_next(Declined("row_lock", "somebody holds the record", passes=True), id=account)
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    await world.drain()
    assert await world.dead() == []
    world.clock.advance(30)
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "new@ridgeway.example"


async def test_records_that_hold_the_same_customer_already_are_linked_and_not_created(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "ridgeway", "EmailAddress": "a@ridgeway.example"})
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="a@ridgeway.example")
    await world.drain()
    assert len(world.xero.all("Contact")) == 1
    assert await world.link_count() == 1


async def test_two_contacts_with_the_same_address_are_a_question(world: World) -> None:
    for name in ("Ridgeway North", "Ridgeway South"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@ridgeway.example"})
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="office@ridgeway.example")
    await world.drain()
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "ambiguous"
    assert len(world.xero.all("Contact")) == 2
    assert await world.link_count() == 0


async def test_the_same_customer_born_on_both_sides_at_once_becomes_one_pair(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.edit(XERO, None, Name="Ridgeway", EmailAddress="a@ridgeway.example")
    await world.drain()
    assert len(world.xero.all("Contact")) == len(world.salesforce.all("Account")) == 1
    assert world.only(SALESFORCE).fields["Email__c"] == "a@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == phone("03 111")


@pytest.mark.parametrize(
    ("policy", "stands"),
    [(OnConflict.SALESFORCE, "sf"), (OnConflict.XERO, "xero"), (OnConflict.LATEST, "xero")],
)
async def test_a_field_that_both_sides_changed_follows_the_policy(
    new_world: NewWorld, policy: OnConflict, stands: str
) -> None:
    world = new_world(accounts_sync(lambda mapping: with_policy(mapping, policy)))
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Phone="sf")
    await world.edit(XERO, contact, Phones=phone("xero"))
    await world.drain()
    assert world.only(SALESFORCE).fields["Phone"] == stands
    assert world.only(XERO).fields["Phones"] == phone(stands)
    entries = await world.database.read(lambda conn: history.of_record(conn, world.only(XERO).ref))
    assert any("edited on both sides" in entry.reason for entry in entries)


async def test_a_field_may_say_otherwise_than_its_mapping(new_world: NewWorld) -> None:
    def names_by_salesforce(mapping: Mapping) -> Mapping:
        own = {"Name": OnConflict.SALESFORCE}
        rules = (
            replace(rule, on_conflict=own.get(rule.name.partition(":")[0], OnConflict.XERO)) for rule in mapping.fields
        )
        return replace(mapping, fields=tuple(rules))

    world: World = new_world(accounts_sync(names_by_salesforce))
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Name="Ridgeway Ltd", Phone="sf")
    await world.edit(XERO, contact, Name="Ridgeway Limited", Phones=phone("xero"))
    await world.drain()
    assert world.only(XERO).fields["Name"] == world.only(SALESFORCE).fields["Name"] == "Ridgeway Ltd"
    assert world.only(SALESFORCE).fields["Phone"] == "xero"


async def test_a_conflict_that_a_person_decides_changes_neither_side(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: with_policy(mapping, OnConflict.ASK)))
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Phone="sf", Email__c="b@ridgeway.example")
    await world.edit(XERO, contact, Phones=phone("xero"))
    await world.drain()
    assert world.only(SALESFORCE).fields["Phone"] == "sf"
    assert world.only(XERO).fields["Phones"] == phone("xero")
    assert world.only(XERO).fields["EmailAddress"] == "b@ridgeway.example"
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "conflict:Phone:Phones.DEFAULT"


def with_policy(mapping: Mapping, policy: OnConflict) -> Mapping:
    return replace(mapping, fields=tuple(replace(rule, on_conflict=policy) for rule in mapping.fields))


@pytest.mark.facts
async def test_an_account_that_is_deleted_archives_its_contact(world: World) -> None:
    account, _ = await linked(world)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(XERO).presence == "archived"


async def test_a_deleted_account_whose_contact_was_edited_is_a_question(world: World) -> None:
    account, contact = await linked(world)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    await world.drain()
    assert world.only(XERO).presence == "live"
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "gone"


async def test_a_mapping_that_ignores_deletion_leaves_the_contact(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, on_delete=OnDelete.IGNORE)))
    account, _ = await linked(world)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(XERO).presence == "live"
    assert (await world.outcomes())["filtered"] == 1


async def test_a_record_that_is_merely_not_returned_is_not_taken_for_deleted(world: World) -> None:
    account, _ = await linked(world)
    world.salesforce.hidden.add(account)
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(XERO).presence == "live"
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "invisible"


async def test_an_account_that_is_not_opted_in_stays_out_until_it_is(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c")))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Sync_to_Xero__c=False)
    await world.drain()
    assert world.xero.all("Contact") == []
    assert world.xero.calls == []
    await world.edit(SALESFORCE, account, Sync_to_Xero__c=True)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"


async def test_a_mapping_that_does_not_create_creates_nothing(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(lambda mapping: replace(mapping, create_in_xero=None)))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert world.xero.all("Contact") == []
    assert await world.outcomes() == {"filtered": 1}


async def test_a_created_record_gets_the_fixed_values_of_its_rule(new_world: NewWorld) -> None:
    rule = CreateRule(set={"Type": "Customer"})
    world = new_world(accounts_sync(lambda mapping: replace(mapping, create_in_salesforce=rule)))
    await world.edit(XERO, None, Name="Harbour Cafe")
    await world.drain()
    assert world.only(SALESFORCE).fields["Type"] == "Customer"


async def test_observe_mode_records_every_write_and_sends_none(new_world: NewWorld) -> None:
    world = new_world(accounts_sync(mode=Mode.OBSERVE))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert world.xero.all("Contact") == []
    (entry,) = await world.database.read(lambda conn: history.of_lane(conn, world.lane))
    assert (entry.action, entry.outcome) == ("create", "previewed")
    assert await world.outcomes() == {"filtered": 1}


async def test_a_read_that_the_vendor_refuses_leaves_the_records_due(world: World) -> None:
    world.salesforce.fail_next(Unreachable("offline"), method="read")
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert await world.outcomes() == {"pending": 1}
    world.clock.advance(60)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"


async def test_two_accounts_with_the_name_of_one_contact_are_a_question(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "Ridgeway"})
    world.salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "an older account that nobody pushed"})
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    (question,) = await world.database.read(questions.open_questions)
    assert question.topic == "ambiguous"
    assert await world.link_count() == 0
