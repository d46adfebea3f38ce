"""What happens between a look and a write, and between a write and its answer, loses nothing and doubles nothing."""

from dataclasses import replace

import pytest

from app.connectors.memory import MemoryVendor
from app.engine.records import System
from app.errors import Doubtful, Unreachable
from app.mapping.model import Mapping, OnConflict
from app.store import calls
from tests.support.interrupted import until
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
CUT = Doubtful("the connection was cut")


def _salesforce_stands(mapping: Mapping) -> Mapping:
    rules = tuple(replace(rule, on_conflict=OnConflict.SALESFORCE) for rule in mapping.fields)
    return replace(mapping, fields=rules)


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    """Salesforce stands in every conflict, so that none is won by luck."""
    return new_world(accounts_sync(_salesforce_stands))


async def linked(world: World) -> tuple[str, str]:
    """A customer that both systems hold."""
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


async def test_a_push_that_overtakes_the_answer_to_our_create_makes_no_second_account(world: World) -> None:
    async def the_push_is_worked_on() -> None:
        await world.push(XERO, world.only(XERO).ref.id)
        await until(lambda: world.calls(XERO, "read") == 1)

    world.xero.interrupt("send", "after", the_push_is_worked_on)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert len(world.salesforce.all("Account")) == len(world.xero.all("Contact")) == 1
    assert await world.link_count() == 1


async def test_an_edit_of_a_record_whose_create_is_in_doubt_is_no_conflict(world: World) -> None:
    world.xero.fail_next(CUT, carried_out=True)
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    await world.edit(XERO, world.only(XERO).ref.id, Phones=phone("03 999"))
    await world.drain()
    world.clock.advance(10)
    await world.drain()
    assert world.only(SALESFORCE).fields["Phone"] == "03 999"
    assert world.only(XERO).fields["Phones"] == phone("03 999")


async def test_an_edit_on_top_of_an_update_in_doubt_is_no_conflict(world: World) -> None:
    account, contact = await linked(world)
    world.xero.fail_next(CUT, carried_out=True)
    await world.edit(SALESFORCE, account, Phone="03 222", Email__c="b@ridgeway.example")
    await world.drain()
    await world.edit(XERO, contact, EmailAddress="c@ridgeway.example")
    world.clock.advance(10)
    await world.drain()
    world.clock.advance(150)
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "c@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == phone("03 222")


async def test_a_create_that_was_sent_again_is_believed_lost_only_when_it_can_no_longer_be_running(
    world: World,
) -> None:
    async def running_late() -> None:
        raise CUT

    world.xero.interrupt("send", "before", running_late)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(110)
    world.xero.interrupt("send", "before", running_late)
    await world.drain()
    (call,) = await world.database.read(lambda conn: calls.unresolved(conn, world.lane))
    world.clock.advance(30)
    await world.drain()
    assert [each.id for each in await world.database.read(lambda conn: calls.unresolved(conn, world.lane))] == [call.id]
    assert world.xero.all("Contact") == []
    world.clock.advance(120)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"


@pytest.mark.memory
async def test_an_older_version_from_a_replica_that_lags_is_no_edit(world: World) -> None:
    xero = world.xero
    assert isinstance(xero, MemoryVendor)
    account, contact = await linked(world)
    stale = world.only(XERO)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    fresh = world.only(XERO)

    async def lag() -> None:
        xero._records["Contact", contact] = stale

    async def catch_up() -> None:
        xero._records["Contact", contact] = fresh

    world.xero.interrupt("read", "before", lag)
    world.xero.interrupt("read", "after", catch_up)
    world.clock.advance(60)
    await world.record(replace(world.event(XERO, contact), version=None))
    await world.drain()
    assert world.only(SALESFORCE).fields["Phone"] == "03 222"
    assert world.only(XERO).fields["Phones"] == phone("03 222")


async def test_a_name_that_is_taken_between_the_scan_and_the_create_is_matched(world: World) -> None:
    async def a_person_is_faster() -> None:
        world.xero.put("Contact", None, {"Name": "Ridgeway", "EmailAddress": "a@ridgeway.example"})

    world.xero.interrupt("send", "before", a_person_is_faster)
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(30)
    await world.drain()
    assert await world.dead() == []
    assert await world.link_count() == 1
    assert world.only(XERO).fields["Phones"] == phone("03 111")
    assert world.only(SALESFORCE).fields["Email__c"] == "a@ridgeway.example"


async def test_a_source_remembered_from_long_ago_is_seen_again_before_it_is_written_too(world: World) -> None:
    account, contact = await linked(world)
    world.salesforce.fail_next(Unreachable("offline"))
    await world.edit(XERO, contact, EmailAddress="b@ridgeway.example")
    await world.drain()
    world.clock.advance(300)
    world.xero.put("Contact", contact, {"Phones": [*phone("03 111"), mobile("021 555")]})
    world.salesforce.put("Account", account, {"Phone": "03 333"})
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "b@ridgeway.example"
    assert world.only(XERO).fields["Phones"] == [*phone("03 333"), mobile("021 555")]


def mobile(number: str) -> dict[str, str]:
    """An entry of Xero's list that no field rule names."""
    return {"PhoneType": "MOBILE", "PhoneNumber": number, "PhoneAreaCode": "", "PhoneCountryCode": ""}


async def test_what_was_created_is_seen_before_it_counts_as_edited(world: World) -> None:
    contact = await world.edit(XERO, None, Name="Harbour Cafe")
    await world.drain()
    for address in ("one@harbour.example", "two@harbour.example"):
        await world.edit(XERO, contact, EmailAddress=address)
        await world.drain()
        assert world.only(SALESFORCE).fields["Email__c"] == address
    assert world.only(XERO).fields["EmailAddress"] == "two@harbour.example"
