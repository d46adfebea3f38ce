"""A sync file that is changed while records are linked, due or in doubt."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.engine.records import System
from app.errors import Doubtful
from app.mapping.expressions import compile_condition
from app.mapping.model import CreateRule, Direction, Mapping, Sync
from app.store import history, questions
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
IN_ONE_BATCH = pytest.mark.likely
"""Where answers to a batch are scanty, its other records are in doubt for some minutes before they are as told here."""


async def linked(world: World) -> tuple[str, str]:
    """A customer that both systems hold."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


def change_file(world: World, sync: Sync) -> None:
    """A person edits the sync file, and the worker starts with it."""
    world.sync = sync
    world.restart()


def with_rule(path: str) -> Callable[[Mapping], Mapping]:
    """The mapping with only the name's rule and the one that reads `path` in Salesforce."""

    def of(mapping: Mapping) -> Mapping:
        rules = tuple(rule for rule in mapping.fields if rule.salesforce.path in {"Name", path})
        return replace(mapping, fields=rules)

    return of


async def test_a_direction_that_was_changed_counts_for_what_is_due_already(world: World) -> None:
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    change_file(world, accounts_sync(lambda mapping: one_way(mapping, Direction.TO_SALESFORCE)))
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == phone("03 111")


def one_way(mapping: Mapping, direction: Direction) -> Mapping:
    rules = tuple(replace(rule, direction=direction) for rule in mapping.fields)
    return replace(mapping, direction=direction, fields=rules)


async def test_a_create_that_is_due_is_not_made_once_the_file_says_no(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    change_file(world, accounts_sync(lambda mapping: replace(mapping, create_in_xero=None)))
    await world.drain()
    assert (world.xero.all("Contact"), await world.outcomes()) == ([], {"filtered": 1})


async def test_a_rule_that_is_added_meets_as_records_meet_for_the_first_time(new_world: NewWorld) -> None:
    world: World = new_world(accounts_sync(with_rule("Phone")))
    account, contact = await linked(world)
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    await world.edit(SALESFORCE, account, Email__c=None)
    await world.drain()
    change_file(world, accounts_sync())
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"


async def test_a_rule_that_is_taken_away_and_comes_back_overwrites_nobody(world: World) -> None:
    account, contact = await linked(world)
    change_file(world, accounts_sync(with_rule("Phone")))
    await world.edit(SALESFORCE, account, Email__c="b@ridgeway.example", Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["EmailAddress"] == "a@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    change_file(world, accounts_sync())
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(XERO).fields["EmailAddress"] == "b@ridgeway.example"
    assert world.only(XERO).ref.id == contact


def renamed(sync: Sync) -> Sync:
    return replace(sync, mappings={"clients": replace(sync.mappings["customers"], name="clients")})


async def test_a_mapping_that_is_renamed_keeps_its_links_and_what_was_agreed(world: World) -> None:
    account, contact = await linked(world)
    change_file(world, renamed(world.sync))
    await world.edit(XERO, contact, Phones=phone("03 999"))
    await world.edit(SALESFORCE, account, Email__c="b@ridgeway.example")
    await world.drain()
    assert world.only(SALESFORCE).fields["Phone"] == "03 999"
    assert world.only(XERO).fields["EmailAddress"] == "b@ridgeway.example"
    told = await world.database.read(lambda conn: history.of_record(conn, world.only(XERO).ref))
    assert any("customers is called clients now" in entry.reason for entry in told)
    assert await world.link_count() == 1


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_create_in_doubt_is_found_by_the_mapping_that_was_renamed(world: World, *, carried_out: bool) -> None:
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    change_file(world, renamed(world.sync))
    world.clock.advance(10)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.link_count() == 1


async def test_an_update_in_doubt_is_cleared_up_though_its_rule_is_gone(world: World) -> None:
    account, _ = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=True)
    await world.edit(SALESFORCE, account, Email__c="b@ridgeway.example")
    await world.drain()
    change_file(world, accounts_sync(with_rule("Phone")))
    world.clock.advance(150)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert await world.database.read(questions.open_questions) == ()


async def test_a_match_key_that_is_added_finds_records_that_were_read_before_it(new_world: NewWorld) -> None:
    def without_names(mapping: Mapping) -> Mapping:
        return replace(mapping, match=tuple(rule for rule in mapping.match if rule.name == "EmailAddress"))

    world: World = new_world(accounts_sync(lambda mapping: replace(without_names(mapping), create_in_xero=None)))
    world.xero.put("Contact", None, {"Name": "Harbour"})
    account = await world.edit(SALESFORCE, None, Name="Harbour")
    await world.drain()
    world.clock.advance(300)
    change_file(world, accounts_sync())
    await world.push(SALESFORCE, account)
    await world.drain()
    assert (len(world.xero.all("Contact")), await world.link_count()) == (1, 1)


def customers_and_suppliers(*, apart: bool) -> Sync:
    """Two mappings of one lane; `apart`: each is about accounts of its own type."""
    sync = accounts_sync()
    customers = sync.mappings["customers"]
    both = {name: replace(customers, name=name) for name in ("customers", "suppliers")}
    if apart:
        both = {
            name: replace(mapping, only_salesforce=compile_condition(f'salesforce.Type == "{name}"'))
            for name, mapping in both.items()
        }
    return replace(sync, mappings=both)


async def test_of_two_mappings_that_could_take_a_record_the_first_in_the_file_does(new_world: NewWorld) -> None:
    world: World = new_world(customers_and_suppliers(apart=False))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert await world.link_count() == 1


@IN_ONE_BATCH
async def test_each_mapping_takes_the_records_that_it_is_about(new_world: NewWorld) -> None:
    world: World = new_world(customers_and_suppliers(apart=True))
    await world.edit(SALESFORCE, None, Name="Ridgeway", Type="suppliers")
    await world.edit(SALESFORCE, None, Name="Harbour", Type="customers")
    await world.edit(SALESFORCE, None, Name="Quayside", Type="partners")
    await world.drain()
    assert sorted(str(seen.fields["Name"]) for seen in world.xero.all("Contact")) == ["Harbour", "Ridgeway"]
    assert await world.outcomes() == {"applied": 2, "filtered": 1}


async def test_a_record_that_the_mapping_is_not_about_any_more_rests_and_goes_on_later(new_world: NewWorld) -> None:
    only = compile_condition('salesforce.Type == "Customer"')
    world: World = new_world(accounts_sync(lambda mapping: replace(mapping, only_salesforce=only)))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Type="Customer")
    await world.drain()
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Type="Partner", Phone="03 222")
    await world.edit(XERO, world.only(XERO).ref.id, EmailAddress="b@ridgeway.example")
    await world.drain()
    assert world.only(XERO).presence == "live"
    assert "Phones" not in world.only(XERO).fields or world.only(XERO).fields["Phones"] in ([], phone("03 111"))
    await world.edit(SALESFORCE, account, Type="Customer")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"


async def test_a_contact_is_not_matched_with_an_account_that_the_mapping_is_not_about(new_world: NewWorld) -> None:
    only = compile_condition('salesforce.Type == "Customer"')

    def about_customers(mapping: Mapping) -> Mapping:
        return replace(mapping, only_salesforce=only, create_in_salesforce=CreateRule(set={"Type": "Customer"}))

    world: World = new_world(accounts_sync(about_customers))
    world.salesforce.put("Account", None, {"Name": "Harbour", "Type": "Partner"})
    await world.edit(XERO, None, Name="Harbour")
    await world.drain()
    assert [seen.fields["Type"] for seen in world.salesforce.all("Account")] == ["Partner", "Customer"]


async def test_a_condition_is_asked_anew_of_what_is_due_already(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway", Type="Partner")
    rule = CreateRule(when=compile_condition('salesforce.Type == "Customer"'))
    change_file(world, accounts_sync(lambda mapping: replace(mapping, create_in_xero=rule)))
    await world.drain()
    assert world.xero.all("Contact") == []
