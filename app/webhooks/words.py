"""Read single values that a sender wrote: what is not plainly one is None, never an error."""

import re
from datetime import UTC, datetime

from app.mapping import xero_ids
from app.mapping.values import Json

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
_STRANGE = re.compile(r"[^A-Za-z0-9_]", re.ASCII)
_LARGEST_NUMBER = (1 << 63) - 1
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


def name(value: Json) -> str | None:
    """A word of the vendor's vocabulary, such as an object, a category or a kind of change."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def term(value: Json) -> str | None:
    """A word of a vocabulary that the vendor may extend in any spelling: letters, digits and underscores of it."""
    return name(_STRANGE.sub("_", value)[:64]) if isinstance(value, str) else None


def number(value: Json) -> int | None:
    """A whole number from 0 up to what a database column holds."""
    return value if isinstance(value, int) and 0 <= value <= _LARGEST_NUMBER else None


def guid(value: Json) -> str | None:
    """A GUID in lower case."""
    return value.lower() if isinstance(value, str) and xero_ids.is_id(value) else None


def instant(value: Json) -> datetime | None:
    """An ISO instant in UTC; without a zone it is UTC already, as Xero writes it.

    Years outside this century are no stamp of a living system: taken for one, an old instant would make a real
    change look as if it had been seen.
    """
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        at = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if _FIRST_YEAR <= at.year <= _LAST_YEAR else None
