"""Which organisation the records of a sync are of, so that those of one are never taken for those of another."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, not_, select, update

from app.engine.events import Event, Routes
from app.engine.ledger import Lease
from app.engine.records import Link, System
from app.errors import CallRefused
from app.store import calls, due, leases, previews, questions, repairs
from app.store.progress import Purpose
from app.store.statements import insert
from app.store.tables import accounts, cursors, links, match_keys, match_scans, parts, progress, states

STAYS = timedelta(hours=1)
"""How long a sync that has moved does not move back: two processes with different settings would else send it back and
forth for ever, with all that was read.
"""
_MOVED = "the sync has moved to another organisation"


class Stay(NamedTuple):
    """Why a sync stays where it is: it has links of the organisations `there`, or came there lately, until a time."""

    there: Mapping[System, str]
    until: datetime | None = None


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
) -> Stay | None:
    """Let a sync be of the organisations that are `wanted`; why it is not, where it stays with others.

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
            return Stay(former)
        if until := _came_lately(conn, sync, wanted, now):
            return Stay(former, until)
        _leave(conn, sync, former, now, held)
    for system, account in wanted.items():
        if known.get(system) != account:
            _put(conn, sync, system, account, former.get(system), now)
    return None


def _came_lately(conn: Connection, sync: str, wanted: Mapping[System, str], now: datetime) -> datetime | None:
    """Until when the sync does not go back to what is `wanted`, from where it came a while ago."""
    came = select(accounts.c.system, accounts.c.former, accounts.c.moved_at).where(accounts.c.sync == sync)
    back = [moved_at + STAYS for system, former, moved_at in conn.execute(came) if former == wanted[System(system)]]
    return max((until for until in back if until > now), default=None)


def _put(conn: Connection, sync: str, system: System, account: str, former: str | None, now: datetime) -> None:
    moved = {"account": account, "former": former, "moved_at": now if former else None}
    statement = insert(conn, accounts).values(sync=sync, system=system, **moved)
    conn.execute(statement.on_conflict_do_update(index_elements=list(accounts.primary_key), set_=moved))


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
