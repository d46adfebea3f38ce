"""Reads of everything, object by object: backfills that a person asks for, and those that make up for an absence."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from app.engine.records import System
from app.engine.troubles import Reading, gap
from app.store import notices, progress, runs
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


def make_up(conn: Connection, key: Key, now: datetime) -> bool:
    """Read everything of an object that was not read for too long, and have people told; False while that is under way.

    It may be over before anybody looks, so it is noticed here.
    """
    begun = progress.start(conn, key, now)
    if begun:
        _, sync, system, name = key
        notices.note(conn, gap(Reading(sync, system, name), now), now)
    return begun


def end(conn: Connection, key: Key, now: datetime, error: str | None = None) -> None:
    """One object is read to its end. Its run ends with the last of them."""
    read = progress.get(conn, key)
    progress.finish(conn, key)
    if read is None or read.run_id is None:
        return
    runs.count(conn, read.run_id, {"records": read.records})
    if error or not progress.of_run(conn, read.run_id):
        runs.close(conn, read.run_id, error, now)
