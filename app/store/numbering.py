"""The numbers that a database gives to rows: the last one given, so that none is ever given again."""

from sqlalchemy import Connection, Table, func, select, text

_LAST = {
    "sqlite": text("SELECT seq FROM sqlite_sequence WHERE name = :name"),
    "postgresql": text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, 'id') AS regclass))"),
}
_FORGET = text("DELETE FROM sqlite_sequence WHERE name = :name")
_REMEMBER = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
_CONTINUE = text("SELECT setval(CAST(pg_get_serial_sequence(:name, 'id') AS regclass), :last, :given)")


def last_id(conn: Connection, table: Table) -> int:
    """The last number that a row of `table` was given, whether or not the row is still there; 0 before the first."""
    given: int | None = conn.execute(_LAST[conn.dialect.name], {"name": table.name}).scalar_one_or_none()
    held: int | None = conn.execute(select(func.max(table.c.id))).scalar_one()
    return max(given or 0, held or 0)


def go_on_after(conn: Connection, table: Table, last: int) -> None:
    """Number the next row of `table` with whatever follows `last`."""
    if conn.dialect.name == "postgresql":
        conn.execute(_CONTINUE, {"name": table.name, "last": max(last, 1), "given": last > 0})
        return
    conn.execute(_FORGET, {"name": table.name})
    if last:
        conn.execute(_REMEMBER, {"name": table.name, "last": last})
