"""Write everything that a database holds into one file that any database can be filled from.

The file is compressed lines of JSON: what it is, then each table with its rows, at last how many rows there are and a
digest of all lines before, so that a file that was cut or altered is known.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, Connection, String, collate, select

from app.store.numbering import last_id
from app.store.postgresql import take_time
from app.store.schema import revision
from app.store.travelling import CARRIAGES, FORMAT, VERSION, Carriage

FETCHED = 1000
"""How many rows are in memory at once."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write(conn: Connection, file: BinaryIO) -> Mapping[str, int]:
    """Write all tables, as this transaction sees them, to `file`; how many rows each has.

    The same rows give the same bytes, on either kind of database.
    """
    take_time(conn)
    digest, rows = hashlib.sha256(), dict[str, int]()
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
        for line in _lines(conn, rows):
            digest.update(line)
            packed.write(line)
        packed.write(_line({"rows": rows, "sha256": digest.hexdigest()}))
    return rows


def _lines(conn: Connection, rows: dict[str, int]) -> Iterator[bytes]:
    yield _line({"format": FORMAT, "version": VERSION, "schema": revision(conn)})
    for name, carriage in CARRIAGES.items():
        last = {"last_id": last_id(conn, carriage.table)} if carriage.numbered else {}
        yield _line({"table": name, "columns": carriage.columns, **last})
        rows[name] = 0
        for row in _rows(conn, carriage):
            rows[name] += 1
            yield _line(row)


def _rows(conn: Connection, carriage: Carriage) -> Iterator[list[object]]:
    in_order = select(carriage.plain).order_by(*_order(conn, carriage))
    for row in conn.execute(in_order, execution_options={"yield_per": FETCHED}):
        yield carriage.pack(row)


def _order(conn: Connection, carriage: Carriage) -> Iterator[ColumnElement[Any]]:
    """By the primary key; text by its bytes, whatever the language of the database."""
    by_bytes = conn.dialect.name == "postgresql"
    for each in carriage.table.primary_key:
        yield collate(each, "C") if by_bytes and isinstance(each.type, String) else each


def _line(content: object) -> bytes:
    return _JSON.encode(content).encode() + b"\n"
