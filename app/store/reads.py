"""Backfills: runs that read everything, object by object."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from app.engine.records import System
from app.store import progress, runs
from app.store.progress import Key, Purpose
from app.store.runs import RunKind


def begin(conn: Connection, sync: str, objects: Iterable[tuple[System, str]], now: datetime) -> int | None:
    """Ask for everything of a sync to be read; the run's id, None while an earlier one is under way."""
    keys = [(Purpose.BACKFILL, sync, system, name) for system, name in objects]
    if any(progress.get(conn, key) for key in keys):
        return None
    run_id = runs.start(conn, RunKind.BACKFILL, sync, now)
    for key in keys:
        progress.start(conn, key, now, run_id)
    return run_id


def end(conn: Connection, key: Key, now: datetime, error: str | None = None) -> None:
    """One object is read to its end. Its run ends with the last of them."""
    read = progress.get(conn, key)
    progress.finish(conn, key)
    if read is None or read.run_id is None:
        return
    runs.count(conn, read.run_id, {"records": read.records})
    if error or not progress.of_run(conn, read.run_id):
        runs.close(conn, read.run_id, error, now)
