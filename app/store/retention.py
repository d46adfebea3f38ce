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
    HISTORY = "history"


def _prune_events(conn: Connection, before: datetime, limit: int) -> int:
    """Events take along what was previewed in their time."""
    previews.forget(conn, before)
    return inbox.prune(conn, before, limit)


_PRUNE: Mapping[Kind, Callable[[Connection, datetime, int], int]] = {
    Kind.CALLS: calls.prune,
    Kind.EVENTS: _prune_events,
    Kind.HISTORY: history.prune,
}


def prune(conn: Connection, kind: Kind, before: datetime, limit: int) -> int:
    """Forget up to `limit` rows that are older than that and owe nothing; how many."""
    return _PRUNE[kind](conn, before, limit)
