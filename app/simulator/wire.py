"""JSON as it goes over the wire."""

import json
from collections.abc import Mapping
from decimal import Decimal

from starlette.responses import Response

from app.mapping.values import Json


def read_json(body: bytes) -> Json:
    """What `body` holds, fractions as Decimal. Raises ValueError when it is not JSON."""
    parsed: Json = json.loads(body, parse_float=Decimal)
    return parsed


def write_json(content: Json) -> bytes:
    """`content` as compact UTF-8 JSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_number).encode()


def _number(value: object) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    # The shortest text of the float is the decimal again up to 15 digits, more than any amount here has.
    return int(value) if value == value.to_integral_value() else float(value)


def answer(content: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An HTTP answer that carries `content` as JSON."""
    return Response(write_json(content), status, headers, media_type="application/json; charset=utf-8")
