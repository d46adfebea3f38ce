"""Column types that mean the same on SQLite and on PostgreSQL."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.mapping.values import Json, Value


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant to the microsecond: `timestamptz` on PostgreSQL, sortable ISO text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware of its time zone")
        return _text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)


class Document(TypeDecorator[Value]):
    """A value of nested lists and mappings, exact: Decimals and dates come back as what they were."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Value, dialect: Dialect) -> str | None:
        return encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Value:
        return None if value is None else decode(value)


def encode(value: "Value | Json") -> str:
    """`value` as canonical JSON text: keys sorted, Decimals and dates tagged."""
    return _ENCODER.encode(value)


def decode(text: str) -> Value:
    """What `encode` was given."""
    decoded: Value = _DECODER.decode(text)
    return decoded


@lru_cache(maxsize=4096)
def _text(instant: datetime) -> str:
    """Always 27 characters, so that text sorts as time does: from the year 1 on, which vendors send for "never"."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _tag(value: object) -> object:
    match value:
        case Decimal():
            return {"$decimal": str(value)}
        case datetime():
            return {"$instant": _text(value)}
        case date():
            return {"$date": value.isoformat()}
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _untag(mapping: dict[str, object]) -> object:
    match mapping:
        case {"$decimal": str(text)} if len(mapping) == 1:
            return Decimal(text)
        case {"$instant": str(text)} if len(mapping) == 1:
            return datetime.fromisoformat(text)
        case {"$date": str(text)} if len(mapping) == 1:
            return date.fromisoformat(text)
    return mapping


_ENCODER = json.JSONEncoder(default=_tag, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(object_hook=_untag, parse_float=Decimal, parse_int=Decimal)
"""Made once: a batch reads and writes some hundred documents, and each call of `json.loads` with words of its own makes
another decoder."""
