"""Which record a person means by an id."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.cli import naming
from app.engine.records import System
from app.errors import CrossbookError
from app.store import inbox
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World, accounts_sync


@pytest.fixture
async def world(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[World]:
    """A world that maps accounts and people, and where both an account and a person have been named by one id."""
    database = await Database.open(sqlite_url, clock_now=clock.now)
    sync = accounts_sync()
    (customers,) = sync.mappings.values()
    people = replace(customers, name="people", salesforce="Contact")
    yield World(database, clock, replace(sync, mappings={"customers": customers, "people": people}))
    await database.close()


async def named_by_pushes(world: World, *objects: str) -> str:
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway"})
    event = world.event(System.SALESFORCE, account)
    events = [replace(event, key=name, object=name) for name in objects]
    await world.database.run(lambda conn: inbox.record(conn, events, world.runtime.routes, world.clock.now()))
    return account


async def test_an_id_that_only_one_record_is_known_by_names_it_in_either_length(world: World) -> None:
    account = await named_by_pushes(world, "Account")
    for spelled in (account, account[:15], f"salesforce:Account:{account}"):
        assert (await naming.known_one(world.runtime, spelled)).ref.object == "Account"


async def test_an_id_that_may_be_several_records_is_refused_with_their_full_names(world: World) -> None:
    account = await named_by_pushes(world, "Account", "Contact")
    with pytest.raises(CrossbookError, match=f"say which: salesforce:Account:{account}, salesforce:Contact:{account}"):
        await naming.known_one(world.runtime, account)
    assert (await naming.known_one(world.runtime, f"salesforce:Contact:{account}")).ref.object == "Contact"
