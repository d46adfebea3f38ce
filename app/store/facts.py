"""Facts: what troubles are told from, out of one view of the database."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from app.engine.actions import Verb
from app.engine.troubles import Connection as Connected
from app.engine.troubles import Facts, Held, Reading, Several
from app.mapping.values import System
from app.store import backlog, finds, lapses, progress, pushes, usage
from app.store.progress import Purpose
from app.store.tables import due, leases, questions, tokens


def look(conn: Connection, now: datetime) -> Facts:
    """All facts. What is due is counted from end to end: run it with `Database.read`."""
    return Facts(
        at=now,
        waiting=backlog.live(conn),
        held=_held(conn),
        dead=_dead(conn),
        questions=_questions(conn),
        lapsed_at=lapses.standing(conn),
        tokens_saved_at=_tokens_saved_at(conn),
        used=usage.of_day(conn, f"{now:%Y-%m-%d}"),
        found=finds.standing(conn),
        pushed_at=pushes.latest(conn),
        reading_whole={
            Reading(read.sync, read.system, read.object): read.asked_at
            for read in progress.under_way(conn, Purpose.EVERYTHING)
        },
    )


def _held(conn: Connection) -> dict[str, Held]:
    held = select(leases.c.lane, leases.c.held_at, leases.c.held_verb).where(leases.c.held_at.is_not(None))
    return {lane: Held(at, Verb(verb) if verb else None) for lane, at, verb in conn.execute(held)}


def _dead(conn: Connection) -> dict[tuple[str, str], Several]:
    dead = select(due.c.lane, due.c.code, func.count(), func.min(due.c.dead_at)).where(due.c.dead_at.is_not(None))
    by_code = conn.execute(dead.group_by(due.c.lane, due.c.code).order_by(due.c.lane, due.c.code))
    return {(lane, code): Several(count, since) for lane, code, count, since in by_code}


def _questions(conn: Connection) -> dict[str, Several]:
    asked = select(questions.c.lane, func.count(), func.min(questions.c.asked_at))
    by_lane = asked.where(questions.c.answered_at.is_(None)).group_by(questions.c.lane)
    return {lane: Several(count, since) for lane, count, since in conn.execute(by_lane)}


def _tokens_saved_at(conn: Connection) -> dict[Connected, datetime]:
    kept = select(tokens.c.connection, tokens.c.saved_at).where(tokens.c.secret.is_not(None))
    found = dict[Connected, datetime]()
    for name, saved_at in conn.execute(kept):
        system, _, connection = name.partition(":")
        if saved_at:
            found[System(system), connection] = saved_at
    return found
