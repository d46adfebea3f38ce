"""History: what was decided about each pair of records, and what then happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, select

from app.engine.ledger import Entry
from app.engine.records import RecordRef, System
from app.store.tables import history


def add(conn: Connection, entries: Sequence[Entry]) -> None:
    """Write down what happened."""
    if entries:
        conn.execute(insert(history), [_row(entry) for entry in entries])


def of_record(conn: Connection, ref: RecordRef, limit: int = 100) -> tuple[Entry, ...]:
    """What happened to the pairs that `ref` is a side of, the newest first."""
    of_side = (history.c[f"{ref.system}_object"] == ref.object) & (history.c[f"{ref.system}_id"] == ref.id)
    return _newest(conn, of_side, limit)


def of_lane(conn: Connection, lane: str, limit: int = 100) -> tuple[Entry, ...]:
    """What happened in `lane`, the newest first."""
    return _newest(conn, history.c.lane == lane, limit)


def prune(conn: Connection, before: datetime, limit: int) -> int:
    """Forget up to `limit` lines that are older than that, the oldest first; how many."""
    oldest = select(history.c.id).where(history.c.at < before).order_by(history.c.at).limit(limit)
    return conn.execute(delete(history).where(history.c.id.in_(oldest))).rowcount


def _newest(conn: Connection, wanted: ColumnElement[bool], limit: int) -> tuple[Entry, ...]:
    return entries_of(
        conn, select(history).where(wanted).order_by(history.c.at.desc(), history.c.id.desc()).limit(limit)
    )


def entries_of(conn: Connection, chosen: Select[Any]) -> tuple[Entry, ...]:
    """The lines that a selection of whole rows brings."""
    return tuple(_entry(row) for row in conn.execute(chosen).mappings())


def _row(entry: Entry) -> dict[str, object]:
    return {
        "at": entry.at,
        "lane": entry.lane,
        "epoch": entry.epoch,
        "mapping": entry.mapping,
        "salesforce_object": entry.salesforce_object,
        "salesforce_id": entry.salesforce_id,
        "xero_object": entry.xero_object,
        "xero_id": entry.xero_id,
        "action": entry.action,
        "target": entry.target,
        "reason": entry.reason,
        "changes": entry.changes,
        "outcome": entry.outcome,
        "call_id": entry.call_id,
        "error": entry.error,
    }


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "target": row["target"] and System(row["target"])})
