"""What the guard lets through: asked where a call is committed, so that no two calls share what is left."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from app.engine.actions import Verb
from app.engine.guard import GUARDED, WINDOW_SECONDS, most, tripped
from app.engine.ledger import Call, IntentResult
from app.errors import Held
from app.mapping.model import Guard
from app.store import calls, holds
from app.store.tables import calls as sent
from app.store.tables import intents, leases, links


def open_call(conn: Connection, call: Call, guard: Guard, now: datetime) -> Call | Held:
    """Commit to sending `call`, or say why not; what would be too much holds the lane.

    Run it under the lock of the lane's lease.
    """
    verb = call.intents[0].verb
    if because := holds.why_stopped(conn, call.lane):
        return Held(because)
    if verb not in GUARDED:
        return calls.open(conn, call, call.sent_at)
    allowed = conn.execute(select(holds.ALLOWANCES[verb]).where(leases.c.lane == call.lane)).scalar_one() or 0
    if allowed >= len(call.intents):
        return _by_allowance(conn, call, allowed - len(call.intents))
    if allowed:
        return Held("a person lets fewer through", room=allowed)
    return _by_count(conn, call, guard, now)


def _by_allowance(conn: Connection, call: Call, left: int) -> Call:
    """Open a call that a person let through: the guard does not count it, nor what was before it."""
    opened = calls.open(conn, call, call.sent_at)
    spent = {holds.ALLOWANCES[call.intents[0].verb].name: left, "guard_after": opened.id}
    conn.execute(update(leases).where(leases.c.lane == call.lane).values(spent))
    return opened


def _by_count(conn: Connection, call: Call, guard: Guard, now: datetime) -> Call | Held:
    verb = call.intents[0].verb
    limit = most(guard, verb, _links(conn, call) if verb is Verb.ARCHIVE else 0)
    counted = _counted(conn, call.lane, verb, now)
    room = limit - counted
    if room >= len(call.intents):
        return calls.open(conn, call, call.sent_at)
    because = tripped(call.lane, verb, limit, counted)
    if room <= 0:
        holds.hold(conn, call.lane, because, now, verb)
    return Held(because, room=max(0, room))


def _counted(conn: Connection, lane: str, verb: Verb, now: datetime) -> int:
    """How many records of the lane were written so within the hour, or may yet turn out to have been."""
    after = select(func.coalesce(leases.c.guard_after, 0)).where(leases.c.lane == lane).scalar_subquery()
    in_window = select(func.min(sent.c.id)).where(
        sent.c.lane == lane, sent.c.id > after, sent.c.sent_at > now - timedelta(seconds=WINDOW_SECONDS)
    )
    first = conn.execute(in_window).scalar_one()
    if first is None:
        return 0
    of_verb = select(func.count()).where(
        intents.c.lane == lane,
        intents.c.verb == verb,
        intents.c.call_id >= first,
        intents.c.result.in_((IntentResult.OPEN, IntentResult.DONE)),
    )
    return conn.execute(of_verb).scalar_one()


def _links(conn: Connection, call: Call) -> int:
    """How many pairs the lane keeps in step."""
    sync, _, resource = call.lane.partition("/")
    of_lane = select(func.count()).where(links.c.sync == sync, links.c.xero_object == resource)
    return conn.execute(of_lane).scalar_one()
