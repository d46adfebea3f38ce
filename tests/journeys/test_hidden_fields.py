"""A real org hides a field from us: the lane waits, people are told which and what to do, and then it goes on."""

import pytest

from app.engine.records import System
from app.store import leases
from app.store.database import Database
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock, VirtualLoop

SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
def _asyncio_loop_factory() -> type[VirtualLoop]:
    return VirtualLoop


@pytest.fixture
async def world(inline_database: Database) -> SimulatedWorld:
    return SimulatedWorld(inline_database, LoopClock())


async def test_a_hidden_field_parks_the_lane_until_it_is_granted(world: SimulatedWorld) -> None:
    world.salesforce.world.hidden_fields.add("Account.Email__c")
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    (lease,) = await world.database.read(leases.held)
    assert "Account has no field Email__c that the integration user may see" in (lease.parked_because or "")
    assert world.xero.all("Contact") == []
    world.salesforce.world.hidden_fields.clear()
    await world.clock.sleep(301)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
