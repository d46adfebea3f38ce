"""Find a change event inside what a relay made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import Malformed
from app.mapping.values import Fields, Json

_PLACES = ((), ("payload",), ("detail",), ("detail", "payload"), ("data", "payload"))
"""Where the event stands: bare, in our neutral form or as the Streaming API wraps it, by AppFlow, by EventBridge, and
in a bare copy of the Streaming API's message."""

_PARTNER = "aws.partner/salesforce.com/"


@dataclass(frozen=True, slots=True)
class Change:
    """A change event's header, and the organisation that the relay names, if it does."""

    header: Fields
    org: str | None


def read_changes(document: Json) -> list[Change | None]:
    """The changes in a relay's `document`, one or a list of them; None stands for each that is not to be found."""
    if isinstance(document, Mapping):
        return [_change(document)]
    if isinstance(document, str) or not isinstance(document, Sequence):
        raise Malformed("neither a change event nor a list of them")
    return [_change(item) for item in document]


def _change(item: Json) -> Change | None:
    if not isinstance(item, Mapping):
        return None
    for place in _PLACES:
        header = _at(item, (*place, "ChangeEventHeader"))
        if isinstance(header, Mapping):
            return Change(header, _org(item))
    return None


def _at(item: Json, path: Sequence[str]) -> Json:
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def _org(item: Fields) -> str | None:
    """The organisation of our neutral form, or of the EventBridge source `aws.partner/salesforce.com/<org>/<relay>`."""
    if item.get("orgId") is not None:
        return str(item["orgId"])
    source = item.get("source")
    if isinstance(source, str) and source.startswith(_PARTNER):
        return source.removeprefix(_PARTNER).partition("/")[0]
    return None
