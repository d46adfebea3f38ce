"""A world in memory for what the engine does with the outside."""

from collections.abc import AsyncIterator

import pytest

from app.store.database import Database
from app.store.tables import metadata
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.world import World, accounts_sync


class InterruptibleWorld(World):
    """A world whose vendors can be interrupted."""

    salesforce: InterruptedVendor
    xero: InterruptedVendor


@pytest.fixture
async def world(clock: VirtualClock) -> AsyncIterator[InterruptibleWorld]:
    """Both vendors, and a database in this thread."""
    database = Database.direct("sqlite://", clock_now=clock.now)
    await database.run(metadata.create_all)
    world = InterruptibleWorld(database, clock, accounts_sync())
    world.salesforce = InterruptedVendor(world.salesforce.system, clock)
    world.xero = InterruptedVendor(world.xero.system, clock)
    world.restart()
    yield world
    await database.close()
