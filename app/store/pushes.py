"""When each sender was last heard, by a push that was verified."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from app.engine.events import Arrival
from app.store.statements import greater, insert
from app.store.tables import pushes


def note(conn: Connection, arrivals: Iterable[Arrival], now: datetime) -> None:
    """Keep that these were heard just now."""
    for route, connection in sorted(set(arrivals)):
        statement = insert(conn, pushes).values(route=route, connection=connection, last_at=now)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[pushes.c.route, pushes.c.connection],
                set_={"last_at": greater(pushes.c.last_at, statement.excluded.last_at)},
            )
        )


def latest(conn: Connection) -> dict[Arrival, datetime]:
    """When each sender was last heard that ever was."""
    rows = conn.execute(select(pushes.c.route, pushes.c.connection, pushes.c.last_at))
    return {Arrival(route, connection): last_at for route, connection, last_at in rows}
