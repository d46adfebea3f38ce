"""Whether the connections of a sync lead to the organisations that its records are of."""

from app import accounts
from app.engine.ledger import Lease
from app.errors import CallRefused
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store import accounts as kept
from workers.fitted import UNFIT


async def displaced(runtime: Runtime, sync: Sync, held: Lease | None = None) -> str | None:
    """Why nothing may be read or written for `sync`: the settings lead to another organisation than its links do.

    A sync without links moves along, and begins anew there, but not at once back to where it came from; of the leases
    of its lanes the one that is `held` stays.
    """
    wanted = accounts.place(runtime.settings, sync)
    if await runtime.database.read(lambda conn: kept.of(conn, sync.name)) == wanted:
        return None
    now = runtime.clock.now()
    stay = await runtime.database.run(lambda conn: kept.settle_in(conn, sync.name, wanted, now, held))
    return accounts.elsewhere(sync, stay, wanted)


async def require_place(runtime: Runtime, sync: Sync) -> None:
    """Raise `CallRefused` where the sync is `displaced`."""
    if why := await displaced(runtime, sync):
        raise CallRefused(why, code=UNFIT)
