"""Retention: what is forgotten after a while, a little at a time, so that no writer waits for long."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from app.store import calls, history, inbox, previews


class Kind(StrEnum):
    """What is forgotten."""

    CALLS = "calls"
    EVENTS = "events"
    PREVIEWS = "previews"
    """They go with the events of their time: what could have made one void is forgotten with those."""
    HISTORY = "history"


_PRUNE: Mapping[Kind, Callable[[Connection, datetime, int], int]] = {
    Kind.CALLS: calls.prune,
    Kind.EVENTS: inbox.prune,
    Kind.PREVIEWS: previews.prune,
    Kind.HISTORY: history.prune,
}


def prune(conn: Connection, kind: Kind, before: datetime, limit: int) -> int:
    """Forget up to `limit` rows that are older than that and owe nothing; how many."""
    return _PRUNE[kind](conn, before, limit)
