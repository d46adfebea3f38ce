"""A SOQL query run over records."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from app.mapping.values import Fields
from app.simulator.salesforce.objects import Field, ObjectType, Type
from app.simulator.salesforce.soql.conditions import compiled, instant, known_field
from app.simulator.salesforce.soql.tree import Order, Query


def run(query: Query, kind: ObjectType, rows: Iterable[Fields]) -> list[Fields]:
    """The rows that the query asks for, in its order. Raises Refusal with INVALID_FIELD."""
    fits = compiled(query.where, kind) if query.where else None
    chosen = [row for row in rows if fits is None or fits(row)]
    for key in reversed(query.order):
        chosen = _sorted(chosen, key, known_field(kind, key.field))
    end = None if query.limit is None else query.offset + query.limit
    return chosen[query.offset : end]


def _sorted(rows: list[Fields], key: Order, field: Field) -> list[Fields]:
    empty = [row for row in rows if row[field.name] is None]
    filled = [row for row in rows if row[field.name] is not None]
    filled.sort(key=lambda row: _rank(row, field), reverse=key.descending)
    return [*filled, *empty] if key.nulls_last else [*empty, *filled]


def _rank(row: Fields, field: Field) -> str | datetime | Decimal:
    text = str(row[field.name])
    if field.is_number:
        return Decimal(text)
    if field.type is Type.DATETIME:
        return instant(text)
    return text if field.is_id else text.casefold()
