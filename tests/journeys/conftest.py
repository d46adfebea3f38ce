"""Every journey is told in worlds of several kinds, and every world is looked at when its story ends.

Ask for `world` (accounts and contacts, both ways) or for `new_world` and give it a sync of your own:

    async def test_something(new_world: NewWorld) -> None:
        world = new_world(accounts_sync(lambda mapping: replace(mapping, create_in_xero=None)))

Both tell the test once in each kind of `tests.support.kinds`: vendors in memory on either database, and the real
connectors against the simulators, as they likely are and with every unknown fact otherwise. What only vendors in memory
can do is marked `@pytest.mark.memory`. A test marked `@pytest.mark.facts` is told for every unknown fact alone, too;
with `--every-fact` all are, of which those fail that tell of a fact in `NOTICED`. One that is marked
`@pytest.mark.likely` is told only where the facts are as they likely are.

For stories with a web process, pushes and a worker ask for `systems` and open a `tests.support.crossbook.Crossbook`,
or for `crossbook`, which is open between one `salesforce` and one `xero`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from sqlalchemy import Connection, delete, make_url

from app.mapping.model import Sync
from app.simulator.salesforce.features import Objects
from app.simulator.salesforce.objects import OBJECTS
from app.store.database import Database
from app.store.sqlite import SqliteDriver
from app.store.tables import metadata
from tests.support.crossbook import A_MOMENT, Crossbook
from tests.support.kinds import KINDS, MEMORY, SIMULATED, SINGLE_FACTS, Kind, NewWorld
from tests.support.oracle import check_end
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.systems import LIKELY, Facts, Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.virtual_loop import LoopClock, VirtualLoop, run_virtually
from tests.support.world import ORG, TENANT, World, accounts_sync


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-fact", action="store_true", help="tell every journey for each unknown fact alone, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.get_closest_marker
    chosen = any("kind" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "kind" not in metafunc.fixturenames or chosen:
        return
    every_fact = marked("facts") or metafunc.config.getoption("--every-fact", default=False)
    kinds = dict(MEMORY) if marked("memory") else {**MEMORY, **SIMULATED, **(SINGLE_FACTS if every_fact else {})}
    if marked("likely"):
        kinds = {name: kind for name, kind in kinds.items() if kind.likely}
    metafunc.parametrize("kind", kinds, indirect=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of world that this test is told in."""
    return KINDS[request.param]


@pytest.fixture
def _asyncio_loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop that the kind asks for: pytest-asyncio takes it from the fixture of this name."""
    if "kind" in request.fixturenames:
        kind: Kind = request.getfixturevalue("kind")
        return kind.loop
    return VirtualLoop if "systems" in request.fixturenames else None


@pytest.fixture(scope="session")
def inline_driver() -> Iterator[SqliteDriver]:
    """One database in memory, driven in this thread: statements are compiled once for all journeys."""
    driver = SqliteDriver.inline(make_url("sqlite://"))
    run_virtually(lambda: driver.write(metadata.create_all))
    yield driver
    run_virtually(driver.close)


@pytest.fixture
def driver_url(kind: Kind, request: pytest.FixtureRequest) -> str | None:
    """The PostgreSQL database of the test, if its kind wants one."""
    return request.getfixturevalue("postgres_url") if kind.postgresql else None


@pytest.fixture
async def new_world(kind: Kind, driver_url: str | None, inline_driver: SqliteDriver) -> AsyncIterator[NewWorld]:
    clock = kind.clock()
    database = Database(inline_driver, clock_now=clock.now)
    if driver_url:
        database = await Database.open(driver_url, clock_now=clock.now)
    else:
        await database.run(_empty)
    worlds = list[World]()

    def begin(sync: Sync | None = None, objects: Objects = OBJECTS) -> World:
        worlds.append(kind.world(database, clock, sync, objects))
        return worlds[-1]

    yield begin
    for world in worlds:
        await check_end(world.runtime, [world.salesforce, world.xero])
    if driver_url:
        await database.close()


@pytest.fixture
async def inline_database(inline_driver: SqliteDriver) -> Database:
    """An empty database in this thread, on the time of a virtual loop."""
    database = Database(inline_driver, clock_now=LoopClock().now)
    await database.run(_empty)
    return database


@pytest.fixture
def facts() -> Facts:
    """What is true of the simulated `systems`; a test may say otherwise."""
    return LIKELY


@pytest.fixture
async def systems(facts: Facts) -> Systems:
    """Simulated systems to be added by the test, which runs on a virtual loop."""
    return Systems(LoopClock(), facts)


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    """A world with the template for accounts, live."""
    return new_world()


def _empty(conn: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        conn.execute(delete(table))


@pytest.fixture
async def salesforce(systems: Systems) -> SimulatedSalesforce:
    """The one org of a story with one sync."""
    return systems.add_org("main", ORG)


@pytest.fixture
async def xero(systems: Systems) -> SimulatedXero:
    """The one organisation of a story with one sync."""
    return systems.add_organisation("main", TENANT)


@pytest.fixture
async def crossbook(
    inline_database: Database, systems: Systems, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> AsyncIterator[Crossbook]:
    """Crossbook between the two, at work."""
    async with Crossbook.open(inline_database, systems, accounts_sync()) as crossbook:
        await crossbook.run(A_MOMENT)
        yield crossbook
