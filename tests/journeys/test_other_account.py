"""A connection that leads to another organisation all at once: nothing of the one is taken for the other's."""

from dataclasses import replace

from app.engine.records import System
from app.settings import Settings
from app.store import history, leases
from tests.support.interrupted import InterruptedVendor
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
OTHER = "22222222-2222-4333-8444-555555555555"


def point_elsewhere(world: World) -> None:
    """The demo company was reset, or somebody set another tenant id; that organisation has a customer of world."""
    if isinstance(world, SimulatedWorld):
        world.xero = world.systems.organisations["main"] = world.systems.add_organisation("other", OTHER, app="another")
        del world.systems.organisations["other"]
    else:
        settings = elsewhere(world.runtime.settings)
        world._settings = lambda: settings  # type: ignore[method-assign]
        world.xero = InterruptedVendor(XERO, world.clock)
    world.xero.put("Contact", None, {"Name": "Ridgeway Limited", "EmailAddress": "a@ridgeway.example"})
    world.clock.advance(86_400)
    world.restart()


def elsewhere(settings: Settings) -> Settings:
    return settings.model_copy(update={"xero": {"main": settings.xero["main"].model_copy(update={"tenant_id": OTHER})}})


def names(world: World) -> list[str]:
    return sorted(str(seen.fields["Name"]) for seen in world.xero.all("Contact"))


async def parked(world: World) -> str:
    (lease,) = await world.database.read(leases.held)
    return lease.parked_because or ""


async def test_a_lane_whose_links_are_of_another_organisation_waits_and_says_what_to_do(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Old", Phone="03 111")
    await world.drain()
    point_elsewhere(world)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="a@ridgeway.example")
    await world.drain()
    await world.reconcile()
    await world.drain()
    assert names(world) == ["Ridgeway Limited"], "nothing is created where the history was never read"
    assert (await world.outcomes())["pending"] == 2
    assert await parked(world) == (
        "the links of sync accounts are of the xero organisation 11111111-2222-4333-8444-555555555555, and "
        f"XERO__MAIN__TENANT_ID is {OTHER}: set it back, or, if that organisation is no more, give the sync another "
        "name in its file; it then begins anew"
    )


async def test_under_another_name_the_sync_begins_anew_and_links_by_matching(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Old", Phone="03 111")
    await world.drain()
    point_elsewhere(world)
    world.sync = replace(world.sync, name="again")
    world.restart()
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="a@ridgeway.example")
    await world.drain()
    assert len(world.xero.all("Contact")) == 1, "the customer of old was found"
    counts = await world.database.read(lambda conn: [*history.of_lane(conn, world.lane, limit=10)])
    assert {entry.salesforce_id for entry in counts} == {account}


async def test_set_back_it_goes_on_as_if_nothing_had_been(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Old", Phone="03 111")
    await world.drain()
    here, settings = world.xero, world.runtime.settings
    point_elsewhere(world)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    world.xero = here
    if isinstance(world, SimulatedWorld):
        world.systems.organisations["main"] = world.xero
    else:
        world._settings = lambda: settings  # type: ignore[method-assign]
    world.restart()
    world.clock.advance(600)
    await world.drain()
    (contact,) = [seen for seen in world.xero.all("Contact") if seen.fields["Name"] == "Old"]
    assert "03 222" in str(contact.fields["Phones"])


async def test_a_sync_without_links_moves_along_and_reads_the_history_there(world: World) -> None:
    await world.reconcile()
    point_elsewhere(world)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="a@ridgeway.example")
    await world.drain()
    await world.drain()
    assert len(world.xero.all("Contact")) == 1, "the customer of old was found"
    assert await world.link_count() == 1
    assert account
