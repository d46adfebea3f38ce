"""The few statements that SQLite and PostgreSQL spell alike and SQLAlchemy does not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from app.engine.records import RecordRef, System

CHUNK = 500
"""How many values one IN list takes; both databases take far more, but plan shorter lists better."""


def insert(conn: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The distinct `values` in lists short enough for one IN."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def by_object(refs: Iterable[RecordRef]) -> Iterator[tuple[System, str, list[str]]]:
    """The records' ids by system and object, in lists short enough for one IN."""
    ids: defaultdict[tuple[System, str], list[str]] = defaultdict(list)
    for ref in refs:
        ids[ref.system, ref.object].append(ref.id)
    for (system, object), of_one in ids.items():
        for chunk in chunks(of_one):
            yield system, object, chunk
