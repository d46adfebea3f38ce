"""Rows as they travel from one database to another: the same JSON values, whichever kind of database holds them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnClause, LargeBinary, Table, TableClause, Text, column, table

from app.store.tables import metadata
from app.store.types import Document, Instant

FORMAT = "crossbook export"
VERSION = 1

Scalar = str | int | bool | None
"""A column's value in the file. An instant is ISO text, bytes are base64, a document is the text it is stored as."""


@dataclass(frozen=True, slots=True)
class Carriage:
    """One table on its way: `plain` shows documents as the very text that is stored."""

    table: Table
    plain: TableClause

    @property
    def columns(self) -> list[str]:
        return [each.name for each in self.table.columns]

    @property
    def numbered(self) -> bool:
        """Whether the database gives each row a number of its own."""
        return "id" in self.table.c

    def pack(self, row: Sequence[object]) -> list[object]:
        """A row, its values in the order of `columns`, as the file holds it."""
        return [_packed(value) for value in row]

    def unpack(self, packed: Sequence[Scalar]) -> dict[str, object]:
        """What `pack` was given, by column."""
        pairs = zip(self.table.columns, packed, strict=True)
        return {each.name: _unpacked(each, value) for each, value in pairs}


def _packed(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
    return value


def _unpacked(of: Column[Any], value: Scalar) -> object:
    if isinstance(value, str) and isinstance(of.type, Instant):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(of.type, LargeBinary):
        return base64.b64decode(value)
    return value


def _plain(of: Table) -> TableClause:
    return table(of.name, *(_plain_column(each) for each in of.columns))


def _plain_column(of: Column[Any]) -> ColumnClause[Any]:
    return column(of.name, Text() if isinstance(of.type, Document) else of.type)


CARRIAGES: Mapping[str, Carriage] = {each.name: Carriage(each, _plain(each)) for each in metadata.sorted_tables}
"""Every table by its name, none before the tables that it points to."""
