"""How Salesforce spells instants, names and text literals."""

import re
from datetime import UTC, datetime

from app.errors import CallRefused
from app.mapping.values import Json

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*){0,5}")
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def instant(value: Json) -> datetime | None:
    """`2024-09-24T03:26:07.000+0000` as UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def moment(value: datetime) -> str:
    """An instant as SOQL takes it, to the millisecond, without quotes."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def literal(text: str) -> str:
    """A text as SOQL takes it: quoted, with everything escaped that could end it."""
    return "'" + "".join(_ESCAPES.get(letter, letter) for letter in text) + "'"


def name(text: str) -> str:
    """`text` if it can be the name of an object or field. Raises `CallRefused` instead of sending anything else."""
    if not _NAME.fullmatch(text):
        raise CallRefused("not a name of an object or field", code="field_unknown")
    return text
