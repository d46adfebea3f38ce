"""A hundred thousand customers of whom none has changed: reconcile hardly costs a call."""

from pathlib import Path

from app.engine.records import System
from app.store.database import Database
from tests.figures.conftest import Tell
from tests.figures.ties import tie
from tests.support.simulated.world import SimulatedWorld
from tests.support.virtual_loop import LoopClock, run_virtually
from tests.support.world import OBJECTS, phone
from workers.reconcile import reconcile
from workers.targets import targets

CUSTOMERS = 100_000
MOST_CALLS_A_SIDE = 3


def test_reconciling_what_has_not_changed_costs_three_calls_a_side_at_most(
    tmp_path: Path, tell: Tell, scale: float
) -> None:
    customers = int(CUSTOMERS * scale)

    async def story() -> None:
        clock = LoopClock()
        database = Database.direct(f"sqlite:///{tmp_path}/crossbook.db", clock_now=clock.now)
        await database.migrate()
        world = SimulatedWorld(database, clock)
        await _settle_in(world, customers)
        await _reconcile(world)
        clock.advance(900)
        before = {system: len(world.vendor(system).calls) for system in System}
        assert await _reconcile(world) == 0
        calls = {system: len(world.vendor(system).calls) - before[system] for system in System}
        told = " and ".join(f"{number} calls to {system}" for system, number in calls.items())
        tell(f"reconcile of {customers} unchanged customers: {told}")
        assert all(1 <= each <= MOST_CALLS_A_SIDE for each in calls.values())
        await database.close()

    run_virtually(story)


async def _settle_in(world: SimulatedWorld, customers: int) -> None:
    for number in range(customers):
        name = f"Customer {number}"
        account = world.salesforce.put("Account", None, {"Name": name, "Phone": "03 111"})
        world.xero.put("Contact", None, {"Name": name, "Phones": phone("03 111"), "ContactNumber": account})
    here, there = (world.vendor(system).all(OBJECTS[system]) for system in System)
    pairs = zip(here, there, strict=True)
    await world.database.run(lambda conn: tie(conn, world.sync, pairs, world.clock.now()))
    world.clock.advance(86_400)


async def _reconcile(world: SimulatedWorld) -> int:
    """Reconcile everything; how many records it read."""
    counts = [await reconcile(world.runtime, target) for target in targets(world.runtime.syncs)]
    return sum(each.records for each in counts)
