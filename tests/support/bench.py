"""A bench on a world's real memory: what one drain of its lane would work with."""

from app.engine.bench import Bench
from app.engine.ledger import DueRecord
from app.mapping.model import Guard
from app.store import leases
from app.store.lane_memory import DatabaseLaneMemory
from tests.support.world import World


async def bench_of(world: World, guard: Guard | None = None) -> Bench:
    """The lane's bench, under a lease that was taken just now."""
    runtime = world.runtime
    lease = await world.database.run(
        lambda conn: leases.take(conn, world.lane, runtime.worker, world.clock.now(), seconds=25)
    )
    assert lease
    memory = DatabaseLaneMemory(world.database, lease, guard or world.sync.guard)
    connectors = runtime.connectors(world.sync)
    return Bench(runtime.lanes[world.lane], connectors, memory, world.clock, runtime.new_id, runtime.chance)


async def claimed(bench: Bench) -> tuple[DueRecord, ...]:
    """All that is due."""
    return await bench.memory.claim(50)
