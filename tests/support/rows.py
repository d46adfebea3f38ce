"""Generated rows of every table, of every type that a column has."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, UniqueConstraint

from app.store.tables import metadata
from app.store.types import Document, Instant
from tests.support.laws import values

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""By table, none before the tables that it points to."""

_INSTANTS = st.datetimes(timezones=st.just(UTC))
_IDS = st.integers(1, 2**40)


@st.composite
def rows(draw: DrawFn) -> Rows:
    """A few rows of each table, that the tables' own constraints allow."""
    drawn: dict[str, list[Row]] = {}
    for table in metadata.sorted_tables:
        several = st.lists(_row(table, drawn), max_size=3)
        drawn[table.name] = [] if _lacks_what_it_points_to(table, drawn) else _allowed(table, draw(several))
    return drawn


def _row(table: Table, drawn: Rows) -> SearchStrategy[Row]:
    return st.fixed_dictionaries({column.name: _value(column, drawn) for column in table.columns})


def _value(column: Column[Any], drawn: Rows) -> SearchStrategy[Any]:
    for key in column.foreign_keys:
        return st.sampled_from([row["id"] for row in drawn[key.column.table.name]] or [0])
    filled = _IDS if column.name == "id" else _of_type(column)
    return st.none() | filled if column.nullable else filled


def _of_type(column: Column[Any]) -> SearchStrategy[Any]:
    match column.type:
        case Instant():
            return _INSTANTS
        case Document():
            return values()
        case LargeBinary():
            return st.binary(max_size=40)
        case Boolean():
            return st.booleans()
        case BigInteger():
            return st.integers(-(2**63), 2**63 - 1)
        case Integer():
            return st.integers(-(2**31), 2**31 - 1)
        case String():
            return st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=column.type.length or 40)
    raise AssertionError(f"no rows with a {column.type!r} are generated")


def _lacks_what_it_points_to(table: Table, drawn: Rows) -> bool:
    return any(not drawn[key.column.table.name] for key in table.foreign_keys)


def _allowed(table: Table, drawn: Sequence[Row]) -> list[Row]:
    """Of rows that a key allows only once the first."""
    seen = set[tuple[object, ...]]()
    kept = list[Row]()
    for row in drawn:
        keys = {(*names, *(row[name] for name in names)) for names in _keys(table)}
        if not keys & seen:
            kept.append(row)
        seen |= keys
    return kept


def _keys(table: Table) -> Iterator[tuple[str, ...]]:
    yield tuple(column.name for column in table.primary_key)
    yield from (tuple(of.columns.keys()) for of in table.constraints if isinstance(of, UniqueConstraint))
    yield from (tuple(of.columns.keys()) for of in table.indexes if of.unique)
