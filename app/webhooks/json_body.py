"""Read JSON that a stranger wrote: strict, and never an error of our own."""

import json
from typing import NoReturn

from app.errors import Malformed
from app.mapping.values import Json


def read_json(body: bytes) -> Json:
    """The document in `body`, which must be UTF-8. Raises `Malformed`.

    A name given twice and numbers that are none are refused, because two readers could understand them differently.
    """
    try:
        document: Json = json.loads(
            body.decode("utf-8-sig"),
            parse_float=str,  # no fraction is ever read here, and a text cannot overflow
            parse_constant=_no_number,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError) as error:
        raise Malformed("not readable as JSON") from error
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name is given twice")
    return named
