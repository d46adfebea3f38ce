"""Whether the connections of a sync lead to the organisations that its records are of."""

from app import accounts
from app.engine.records import System
from app.errors import CallRefused
from app.mapping.model import Sync
from app.runtime import Runtime
from app.store import accounts as kept
from workers.fitted import UNFIT

_SETTING = {System.SALESFORCE: "ORG_ID", System.XERO: "TENANT_ID"}


async def displaced(runtime: Runtime, sync: Sync) -> str | None:
    """Why nothing may be read or written for `sync`: the settings lead to another organisation than its links do.

    A sync without links moves along, and begins anew there.
    """
    wanted = accounts.place(runtime.settings, sync)
    if await runtime.database.read(lambda conn: kept.of(conn, sync.name)) == wanted:
        return None
    worker, now = runtime.worker, runtime.clock.now()
    former = await runtime.database.run(lambda conn: kept.settle_in(conn, sync.name, wanted, worker, now))
    return "; ".join(_told(sync, system, account, wanted[system]) for system, account in former.items()) or None


async def require_place(runtime: Runtime, sync: Sync) -> None:
    """Raise `CallRefused` where the sync is `displaced`."""
    if why := await displaced(runtime, sync):
        raise CallRefused(why, code=UNFIT)


def _told(sync: Sync, system: System, former: str, wanted: str) -> str:
    setting = f"{system.upper()}__{sync.connection(system).upper()}__{_SETTING[system]}"
    return (
        f"the links of sync {sync.name} are of the {system} organisation {former}, and {setting} is {wanted}: set it "
        f"back, or, if that organisation is no more, give the sync another name in its file; it then begins anew"
    )
