"""How Xero spells instants, ids and text literals."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from app.mapping.values import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSPEAKABLE = re.compile(r'["\\]')
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
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def modified_since(moment: datetime) -> str:
    """The value of If-Modified-Since: UTC to the second, with neither zone nor fraction."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def plain(key: str) -> bool:
    """Whether a filter can name `key`. Within a filter's text nothing escapes a quote or a backslash."""
    return not _UNSPEAKABLE.search(key)


def longest_piece(key: str) -> str:
    """The longest part of `key` that a filter can name."""
    return max(_UNSPEAKABLE.split(key), key=len)


def equals(field: str, key: str) -> str:
    """A filter for `field` equal to a plain key."""
    return f'{field}=="{key}"'


def is_id(field: str, id: str) -> str:
    """A filter for `field` equal to a GUID."""
    return f'{field}==guid("{id}")'


def matches(value: Json, key: str) -> bool:
    """Whether `value` is `key` as Xero compares: without regard to case and accents."""
    return isinstance(value, str) and _folded(value) == _folded(key)


def encoded(text: str) -> str:
    """`text` for a query string, every reserved character escaped."""
    return quote(text, safe="")


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
