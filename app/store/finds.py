"""Finds: changes that reconcile found though a push should have told of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_

from app.engine.events import Arrival
from app.engine.silence import Found, told_of
from app.mapping.values import System
from app.store import pushes
from app.store.statements import greater, insert
from app.store.tables import finds

Connected = tuple[System, str]
"""A connection: the system, and its name in the settings."""


def note(
    conn: Connection, connection: Connected, changed_at: datetime, heard_by: Collection[Arrival], now: datetime
) -> None:
    """Keep that a change of then was found just now, unless the connection has been heard by any of these since."""
    heard = pushes.latest(conn)
    if any(told_of(changed_at, heard.get(arrival)) for arrival in heard_by):
        return
    system, name = connection
    found = insert(conn, finds).values(system=system, connection=name, changed_at=changed_at, found_at=now)
    newest = greater(finds.c.changed_at, found.excluded.changed_at)
    conn.execute(
        found.on_conflict_do_update(index_elements=[finds.c.system, finds.c.connection], set_={"changed_at": newest})
    )


def standing(conn: Connection) -> dict[Connected, Found]:
    """What was found and not told of, by connection."""
    rows = conn.execute(select(finds))
    return {(System(row.system), row.connection): Found(row.changed_at, row.found_at) for row in rows}


def answered(conn: Connection, connections: Collection[Connected]) -> dict[Connected, Found]:
    """These were heard: forget what was found meanwhile; what that was."""
    if not connections:
        return {}
    named = tuple_(finds.c.system, finds.c.connection).in_(sorted(connections))
    rows = conn.execute(delete(finds).where(named).returning(finds))
    return {(System(row.system), row.connection): Found(row.changed_at, row.found_at) for row in rows}
