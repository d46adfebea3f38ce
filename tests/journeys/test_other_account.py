"""A connection that leads to another organisation all at once: nothing of the one is taken for the other's."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from app.cli import link
from app.connectors.memory import Method
from app.engine.records import System
from app.errors import CrossbookError
from app.settings import Settings
from app.store import accounts, calls, history, leases, runs
from app.store.tables import cursors, match_keys, states
from tests.support.interrupted import InterruptedVendor
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import World
from workers.belonging import displaced
from workers.reconcile import reconcile
from workers.targets import targets

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


@pytest.mark.memory
@pytest.mark.parametrize("method", ["changed", "send"])
@pytest.mark.parametrize("slot", ["worker-1", "worker-2"])
async def test_what_a_worker_still_does_in_the_former_organisation_counts_for_nothing(
    world: World, method: Method, slot: str
) -> None:
    """It was started with the settings of before; another one moves the sync while its call is under way."""
    await world.reconcile()
    former = interrupted_by_a_move(world, method, slot)
    await world.edit(SALESFORCE, None, Name="Old")
    await world.drain()
    assert await known_of_xero(world) == []
    assert await world.database.read(lambda conn: calls.unresolved(conn, world.lane)) == ()
    point_elsewhere(world)
    await world.drain()
    assert (len(former.all("Contact")), names(world)) == (2 if method == "send" else 1, ["Old", "Ridgeway Limited"])
    assert await world.link_count() == 1


@pytest.mark.memory
async def test_two_processes_of_different_settings_do_not_send_a_sync_back_and_forth(world: World) -> None:
    await world.reconcile()
    other = replace(world.runtime, settings=elsewhere(world.runtime.settings), worker="worker-2")
    assert await displaced(other, world.sync) is None
    known = await world.database.read(lambda conn: accounts.of(conn, world.sync.name))
    for _ in range(3):
        world.clock.advance(600)
        told = await displaced(world.runtime, world.sync) or ""
        assert f"to {OTHER} by the settings of another process" in told
        assert "let all processes have the same XERO__MAIN__TENANT_ID" in told
        assert await displaced(other, world.sync) is None
    assert await world.database.read(lambda conn: accounts.of(conn, world.sync.name)) == known


async def test_a_person_may_tie_records_of_the_new_organisation_before_anything_was_linked(world: World) -> None:
    await world.reconcile()
    point_elsewhere(world)
    (contact,) = [seen.ref.id for seen in world.xero.all("Contact")]
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway Lodge"})
    await link.carry_out(world.runtime, account, contact)
    await world.drain()
    assert (await world.link_count(), await parked(world)) == (1, "")


async def test_no_person_ties_records_of_another_organisation_than_the_links(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Old", Phone="03 111")
    await world.drain()
    point_elsewhere(world)
    (contact,) = [seen.ref.id for seen in world.xero.all("Contact")]
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway Lodge"})
    with pytest.raises(CrossbookError, match="the links of sync accounts are of the xero organisation 1111"):
        await link.carry_out(world.runtime, account, contact)


@pytest.mark.memory
async def test_what_is_read_on_in_the_former_organisation_is_not_kept(world: World) -> None:
    await world.reconcile()
    world.clock.advance(600)
    interrupted_by_a_move(world, "changed")
    (target,) = [each for each in targets(world.runtime.syncs) if each.object == "Contact" and each.system is XERO]
    await reconcile(world.runtime, target)
    assert await known_of_xero(world) == []
    read_to = select(cursors.c.position).where(cursors.c.system == XERO, cursors.c.position.is_not(None))
    assert await world.database.read(lambda conn: conn.execute(read_to).all()) == []
    (run, *_) = await world.database.read(runs.latest)
    assert "has moved to another organisation" in (run.error or "")


def interrupted_by_a_move(world: World, method: Method, slot: str = "worker-2") -> InterruptedVendor:
    """The organisation, with one contact, during whose next call of `method` a newer worker moves the sync."""
    newer = replace(world.runtime, settings=elsewhere(world.runtime.settings), worker=slot)

    async def move() -> None:
        assert await displaced(newer, world.sync) is None

    xero = world.xero
    assert isinstance(xero, InterruptedVendor)
    xero.put("Contact", None, {"Name": "Of old"})
    xero.interrupt(method, "after", move)
    return xero


async def known_of_xero(world: World) -> list[tuple[str, str]]:
    def work(conn: Connection) -> list[tuple[str, str]]:
        found = [
            select(table.c.system, table.c.record_id).where(table.c.system == XERO) for table in (states, match_keys)
        ]
        return [(system, id) for each in found for system, id in conn.execute(each)]

    return await world.database.read(work)
