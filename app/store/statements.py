"""What SQLite and PostgreSQL both can do and SQLAlchemy does not say for both at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Table, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite

from app.engine.records import RecordRef, System

Insert: TypeAlias = postgresql.Insert | sqlite.Insert
Id = TypeVar("Id", int, str)
Ordered = TypeVar("Ordered", int, datetime)

IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
"""The list of an IN, in a statement that is built once: building one costs more than running it."""

CHUNK = 500
"""How many values one IN list takes; both databases take far more, but plan shorter lists better."""


def insert(conn: Connection, table: Table) -> Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_into(table, conn.dialect.name)


def insert_into(table: Table, dialect: str) -> Insert:
    """The same for whoever keeps the statement: building one costs more than running it."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def greater(stored: ColumnElement[Ordered], new: ColumnElement[Ordered]) -> ColumnElement[Ordered]:
    """The greater of two values; the other one where one is null."""
    return case((new > stored, new), (stored.is_(None), new), else_=stored)


def lesser(stored: ColumnElement[Ordered], new: ColumnElement[Ordered]) -> ColumnElement[Ordered]:
    """The lesser of two values, neither of them null."""
    return case((new < stored, new), else_=stored)


def chunks(values: Iterable[Id]) -> Iterator[list[Id]]:
    """The distinct `values` in lists short enough for one IN."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def by_object(refs: Iterable[RecordRef]) -> Iterator[tuple[System, str, list[str]]]:
    """The records' ids by system and object, in lists short enough for one IN."""
    ids: defaultdict[tuple[System, str], list[str]] = defaultdict(list)
    for ref in refs:
        ids[ref.system, ref.object].append(ref.id)
    for (system, name), of_one in ids.items():
        for chunk in chunks(of_one):
            yield system, name, chunk
