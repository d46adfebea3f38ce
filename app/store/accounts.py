"""Which organisation the records of a sync are of, so that those of one are never taken for those of another."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, not_, select, update

from app.engine.events import Event, Routes
from app.engine.ledger import Lease
from app.engine.records import Link, System
from app.errors import CallRefused
from app.store import calls, due, leases, previews, questions, repairs
from app.store.progress import Purpose
from app.store.statements import insert
from app.store.tables import accounts, cursors, links, match_keys, match_scans, parts, progress, states

_MOVED = "the sync has moved to another organisation"


def of(conn: Connection, sync: str) -> dict[System, str]:
    """The organisations that the sync's records are of, as far as it has any."""
    rows = conn.execute(select(accounts.c.system, accounts.c.account).where(accounts.c.sync == sync))
    return {System(system): account for system, account in rows}


def require(conn: Connection, sync: str, wanted: Mapping[System, str]) -> None:
    """Raise `CallRefused` unless the sync is of the organisations that are `wanted`, as it then stays in this
    transaction: of what was read of a former one nothing is kept.
    """
    rows = select(accounts.c.system, accounts.c.account).where(accounts.c.sync == sync).with_for_update(read=True)
    if {System(system): account for system, account in conn.execute(rows)} != wanted:
        raise CallRefused(f"sync {sync} has moved to another organisation meanwhile", code="moved")


def tie(
    conn: Connection,
    lane: str,
    link: Link,
    wanted: Mapping[System, str],
    events: Sequence[Event],
    routes: Routes,
    now: datetime,
) -> frozenset[str] | None:
    """Tie two records of the organisations that are `wanted`, as `repairs.tie` does.

    Raises `CallRefused` where the sync is of others by now.
    """
    require(conn, lane.partition("/")[0], wanted)
    return repairs.tie(conn, lane, link, events, routes, now)


def settle_in(
    conn: Connection, sync: str, wanted: Mapping[System, str], now: datetime, held: Lease | None = None
) -> dict[System, str]:
    """Let a sync be of the organisations that are `wanted`; where its linked records are of others, which those are.

    As long as nothing is linked the sync may move: what was read of the former organisation is forgotten, what was
    asked, previewed or set aside about it is over, and dead letters of the side that stays are looked at anew. Whoever
    still works there has lost the sync's lanes but for the lease that is `held`.
    """
    conn.execute(select(accounts.c.sync).where(accounts.c.sync == sync).with_for_update())
    known = of(conn, sync)
    former = {system: known[system] for system, account in wanted.items() if known.get(system, account) != account}
    if former:
        leases.lock(conn, sync)
        if conn.execute(select(links.c.id).where(links.c.sync == sync).limit(1)).first():
            return former
        _leave(conn, sync, former, now, held)
    for system, account in wanted.items():
        statement = insert(conn, accounts).values(sync=sync, system=system, account=account)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=list(accounts.primary_key), set_={"account": statement.excluded.account}
            )
        )
    return {}


def _leave(conn: Connection, sync: str, former: Collection[System], now: datetime, held: Lease | None) -> None:
    """Let nothing remain of what was done and known in the `former` organisations."""
    leases.revoke(conn, sync, held)
    calls.give_up(conn, sync, _MOVED, now)
    questions.begin_anew(conn, sync, former, now)
    repairs.dismiss_all(conn, sync, former, _MOVED, now)
    due.revive_all(conn, sync, [system for system in System if system not in former], now)
    previews.end(conn, sync, _MOVED, now)
    for system in former:
        _forget(conn, sync, system)


def _forget(conn: Connection, sync: str, system: System) -> None:
    for table in (states, match_keys, match_scans, parts, cursors):
        conn.execute(delete(table).where(table.c.sync == sync, table.c.system == system))
    of_side = and_(progress.c.sync == sync, progress.c.system == system)
    whole = progress.c.purpose.in_([Purpose.BACKFILL, Purpose.EVERYTHING])
    conn.execute(delete(progress).where(of_side, not_(whole)))
    anew = {"begun_at": None, "reached": None, "records": 0}
    conn.execute(update(progress).where(of_side, whole).values(anew))
