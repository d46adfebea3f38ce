"""Fill an empty database with what another one held, in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, Table, insert, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.errors import NotImported
from app.store.exported import Batch, batches
from app.store.numbering import go_on_after
from app.store.postgresql import take_time
from app.store.schema import revision
from app.store.tables import leases, metadata

_BAD_DATA = "22"
"""How PostgreSQL's codes begin that say a value is wrong."""


def load(conn: Connection, path: Path) -> None:
    """Take in all of a verified export; nobody holds a lane afterwards, and rows are numbered on from where they were.

    Raises `NotImported`, upon which nothing may be committed, when the database is not empty or does not take a row.
    """
    take_time(conn)
    _keep_others_out(conn)
    _require_empty(conn)
    last_ids = dict[Table, int]()
    for batch in batches(path, revision(conn)):
        _put(conn, batch)
        if batch.carriage.numbered:
            last_ids[batch.carriage.table] = batch.last_id
    for table, last in last_ids.items():
        go_on_after(conn, table, last)
    conn.execute(update(leases).values(owner=None))


def _keep_others_out(conn: Connection) -> None:
    """SQLite has one writer anyway."""
    if conn.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        conn.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def _require_empty(conn: Connection) -> None:
    filled = [table.name for table in metadata.sorted_tables if conn.execute(select(table).limit(1)).first()]
    if filled:
        raise NotImported(
            f"the database is not empty: there are rows in {', '.join(filled)}. Stop what runs on it, and let "
            "DATABASE_URL name an empty one"
        )


def _put(conn: Connection, batch: Batch) -> None:
    if not batch.rows:
        return
    try:
        conn.execute(insert(batch.carriage.plain), batch.rows)
    except DBAPIError as error:
        if _is_of_the_rows(error):
            name = batch.carriage.table.name
            raise NotImported(f"this database does not take a row of {name} as it is: {_first_line(error)}") from error
        raise


def _is_of_the_rows(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, (DataError, IntegrityError)) or state.startswith(_BAD_DATA)


def _first_line(error: DBAPIError) -> str:
    """What was wrong; the lines behind it would show the row."""
    return str(error.orig).partition("\n")[0]
