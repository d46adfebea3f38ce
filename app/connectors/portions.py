"""An answer of many rows in portions: whoever takes in a page of a scan stops everything else for as long."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from app.mapping.values import Json

SIZE = 50
"""Rows that are taken in at once, in some milliseconds; a vendor may answer thousands."""


class Portion(NamedTuple):
    """Some rows of an answer; `last` marks those at its end."""

    rows: Sequence[Mapping[str, Json]]
    last: bool


def portions(rows: Sequence[Mapping[str, Json]]) -> Iterator[Portion]:
    """All rows, in their order; a single empty portion where there are none."""
    for start in range(0, max(1, len(rows)), SIZE):
        yield Portion(rows[start : start + SIZE], last=start + SIZE >= len(rows))
