"""Usage: what each connection used of its vendor, by day."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from app.engine.usage import Tally
from app.mapping.values import System
from app.store import lapses
from app.store.statements import insert
from app.store.tables import usage


def put_down(
    conn: Connection, tallies: Iterable[Tally], refused_at: Mapping[tuple[System, str], datetime | None]
) -> None:
    """Keep what was used, and whose sign-in was refused or taken meanwhile."""
    add(conn, tallies)
    lapses.note(conn, refused_at)


def add(conn: Connection, tallies: Iterable[Tally]) -> None:
    """Add to what is known. What the vendor says is left replaces what it said before."""
    for tally in tallies:
        statement = insert(conn, usage).values(
            system=tally.system.value,
            connection=tally.connection,
            day=tally.day,
            calls=tally.calls,
            bytes_out=tally.bytes_out,
            calls_left=tally.calls_left,
            told_at=tally.told_at,
        )
        new = statement.excluded
        more = {
            "calls": usage.c.calls + new.calls,
            "bytes_out": usage.c.bytes_out + new.bytes_out,
            "calls_left": func.coalesce(new.calls_left, usage.c.calls_left),
            "told_at": func.coalesce(new.told_at, usage.c.told_at),
        }
        conn.execute(statement.on_conflict_do_update(index_elements=["system", "connection", "day"], set_=more))


def read_in_month(conn: Connection, month: str) -> dict[tuple[System, str], int]:
    """The bytes read in a month (as `2026-03`, UTC), by system and connection."""
    read = select(usage.c.system, usage.c.connection, func.sum(usage.c.bytes_out))
    rows = conn.execute(read.where(usage.c.day.startswith(f"{month}-")).group_by(usage.c.system, usage.c.connection))
    return {(System(system), connection): int(read) for system, connection, read in rows}


def of_day(conn: Connection, day: str) -> tuple[Tally, ...]:
    """What was used on a day, by system and connection."""
    rows = conn.execute(select(usage).where(usage.c.day == day).order_by(usage.c.system, usage.c.connection))
    return tuple(
        Tally(System(row.system), row.connection, row.day, row.calls, row.bytes_out, row.calls_left, row.told_at)
        for row in rows
    )
