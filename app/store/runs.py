"""Runs: each reconcile, backfill, audit or replay, with its counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select, update

from app.store.tables import runs


class RunKind(StrEnum):
    """What a run did."""

    RECONCILE = "reconcile"
    BACKFILL = "backfill"
    AUDIT = "audit"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Run:
    """One run; it is still going, or was killed, while `finished_at` is None."""

    id: int
    kind: RunKind
    sync: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    error: str | None


def start(conn: Connection, kind: RunKind, sync: str, now: datetime) -> int:
    """Begin a run; its id."""
    begun = insert(runs).values(kind=kind, sync=sync, started_at=now, counts={})
    run_id: int = conn.execute(begun.returning(runs.c.id)).scalar_one()
    return run_id


def count(conn: Connection, run_id: int, counts: Mapping[str, int]) -> None:
    """Add to what a run that is still going has counted."""
    of_run = select(runs.c.counts).where(runs.c.id == run_id).with_for_update()
    before = conn.execute(of_run).scalar_one()
    summed = {name: int(before.get(name, 0)) + counts.get(name, 0) for name in (*before, *counts)}
    conn.execute(update(runs).where(runs.c.id == run_id).values(counts=summed))


def close(conn: Connection, run_id: int, error: str | None, now: datetime) -> None:
    """End a run with what it has counted; `error` where it did not get through."""
    conn.execute(update(runs).where(runs.c.id == run_id).values(finished_at=now, error=error))


def finish(conn: Connection, run_id: int, counts: Mapping[str, int], error: str | None, now: datetime) -> None:
    """End a run with what it counted; `error` where it did not get through."""
    conn.execute(update(runs).where(runs.c.id == run_id).values(counts=counts, error=error, finished_at=now))


def latest(conn: Connection, sync: str | None = None, limit: int = 20) -> tuple[Run, ...]:
    """The newest runs, of one sync or of all, the newest first."""
    newest = select(runs).order_by(runs.c.id.desc()).limit(limit)
    if sync is not None:
        newest = newest.where(runs.c.sync == sync)
    return tuple(_run(row) for row in conn.execute(newest).mappings())


def _run(row: RowMapping) -> Run:
    counts = {name: int(count) for name, count in row["counts"].items()}
    return Run(**{**row, "kind": RunKind(row["kind"]), "counts": counts})
