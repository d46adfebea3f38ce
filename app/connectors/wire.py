"""JSON as vendors send and take it: fractions are Decimal, the text of a value is always the same."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from app.mapping.values import Json

_LONGEST = 60
"""Digits before or after the point; a number beyond that is written with its exponent."""


_UNSTORABLE = re.compile("[\ud800-\udfff]")


def loads(text: str | bytes) -> Json:
    """The value of a JSON text. Raises ValueError when it is none.

    Halves of characters, which a vendor makes when it cuts a text short, become U+FFFD, and NULs are dropped: no
    database and no request could hold either.
    """
    value: Json = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    escaped = b"\\u" in text if isinstance(text, bytes) else "\\u" in text
    return _storable(value) if escaped else value


def dumps(value: Json) -> str:
    """Compact JSON text, Decimals digit for digit, keys in the order given."""
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal():
            return _number(value)
        case Mapping():
            members = (f"{dumps(str(key))}:{dumps(member)}" for key, member in value.items())
            return "{" + ",".join(members) + "}"
        case _:
            return "[" + ",".join(dumps(item) for item in value) + "]"


def mapping(value: Json) -> Mapping[str, Json]:
    """`value` when it is a JSON object, else an empty one: vendors' answers are not trusted to have a shape."""
    return value if isinstance(value, Mapping) else {}


def items(value: Json) -> list[Mapping[str, Json]]:
    """The objects in `value` when it is a JSON array, else none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: Json) -> str:
    """`value` when it is text, else an empty text."""
    return value if isinstance(value, str) else ""


def _storable(value: Json) -> Json:
    match value:
        case str():
            return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value.replace("\0", ""))
        case Mapping():
            return {name: _storable(member) for name, member in value.items()}
        case list():
            return [_storable(item) for item in value]
    return value


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("JSON has no number that is not finite")
    return format(value, "f") if abs(value.adjusted()) < _LONGEST else str(value)


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")
