"""How Xero spells instants, ids and text literals."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from app.mapping.values import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def instant(value: Json) -> datetime | None:
    """`/Date(1573755038314+1300)/` or ISO text as UTC; None for anything else.

    The milliseconds are UTC already: an offset only tells where the writer was and must not be added.
    """
    if not isinstance(value, str):
        return None
    try:
        if found := _DATE.fullmatch(value):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        parsed = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def modified_since(moment: datetime) -> str:
    """The value of If-Modified-Since: UTC to the second, with neither zone nor fraction."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def equals(field: str, key: str) -> str:
    """A filter for `field` equal to `key`; `matches` must confirm what it finds.

    Xero's filters know no escape for a quote or a backslash within text, so such a key is looked for by its longest
    piece without one.
    """
    pieces = re.split(r'["\\]', key)
    if len(pieces) == 1:
        return f'{field}=="{key}"'
    return f'({field}!=null AND {field}.Contains("{max(pieces, key=len)}"))'


def matches(value: Json, key: str) -> bool:
    """Whether `value` is `key` as Xero compares: without regard to case."""
    return isinstance(value, str) and value.strip().casefold() == key.strip().casefold()


def encoded(text: str) -> str:
    """`text` for a query string, every reserved character escaped."""
    return quote(text, safe="")
