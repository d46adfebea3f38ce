"""Webhook sequence numbers: they only tell that something is missing."""

from sqlalchemy import Connection, select

from app.store.statements import greater, insert
from app.store.tables import sequences

BEGUN_ANEW = 1000
"""A push whose numbers end so far below the last ones seen is of a webhook that was registered anew: Xero tries a
push again for a day, which is no reason to fall back that far."""


def note(conn: Connection, connection: str, first: int, last: int) -> bool:
    """Note the numbers `first` to `last` of one push; whether any between them and the last seen are missing.

    A push seen before, or overtaken by a later one, is no gap, nor is the first ever or the first after the numbers
    have begun anew. Zero says nothing (Xero sends it when a subscription is validated).
    """
    if not first or not last:
        return False
    of_connection = select(sequences.c.last).where(sequences.c.connection == connection)
    seen = conn.execute(of_connection.with_for_update()).scalar_one_or_none()
    anew = seen is not None and last < seen - BEGUN_ANEW
    statement = insert(conn, sequences).values(connection=connection, last=last)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[sequences.c.connection],
            set_={"last": statement.excluded.last if anew else greater(sequences.c.last, statement.excluded.last)},
        )
    )
    return seen is not None and first > seen + 1
