"""Leases: who may drain a lane, until when."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select, true, update

from app.engine.ledger import Lease
from app.errors import LeaseLost
from app.store.due import is_claimable
from app.store.holds import is_stopped, why_stopped
from app.store.statements import insert
from app.store.tables import due, leases


@dataclass(frozen=True, slots=True)
class LaneLease:
    """How a lane stands, for people: who drains it, or until when and why it is parked, why it is held."""

    lane: str
    owner: str | None
    epoch: int
    expires_at: datetime
    parked_until: datetime | None
    parked_because: str | None
    held_at: datetime | None = None
    held_because: str | None = None


def take(conn: Connection, lane: str, owner: str, now: datetime, seconds: float) -> Lease | None:
    """Take a lane that is free, has expired or is the owner's own; None when it is another's, parked or stopped.

    An owner is a slot of one worker: who takes its lease again is the same worker after a restart, and what it did
    before under the older epoch is over.
    """
    if why_stopped(conn, lane):
        return None
    expires_at = now + timedelta(seconds=seconds)
    statement = insert(conn, leases).values(lane=lane, owner=owner, epoch=1, expires_at=expires_at)
    unparked = or_(leases.c.parked_until.is_(None), leases.c.parked_until <= now)
    free = or_(leases.c.owner.is_(None), leases.c.owner == owner, leases.c.expires_at <= now)
    next_epoch = {"epoch": leases.c.epoch + 1, "parked_until": None, "parked_because": None}
    taken = statement.on_conflict_do_update(
        index_elements=[leases.c.lane],
        set_={"owner": owner, "expires_at": expires_at, **next_epoch},
        where=unparked & free,
    )
    epoch = conn.execute(taken.returning(leases.c.epoch)).scalar_one_or_none()
    return None if epoch is None else Lease(lane, owner, epoch, expires_at)


def renew(conn: Connection, lease: Lease, now: datetime, seconds: float) -> Lease | None:
    """The lease with a new expiry; None when somebody else has taken the lane."""
    expires_at = now + timedelta(seconds=seconds)
    renewed = conn.execute(update(leases).where(_is(lease)).values(expires_at=expires_at)).rowcount
    return Lease(lease.lane, lease.owner, lease.epoch, expires_at) if renewed else None


def check(conn: Connection, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lane is still ours; nobody can take it before this transaction ends."""
    ours = {"of_lane": lease.lane, "of_owner": lease.owner, "of_epoch": lease.epoch}
    if conn.execute(_LOCKED, ours).first() is None:
        raise LeaseLost(lease.lane)


def release_if_idle(conn: Connection, lease: Lease, now: datetime) -> bool:
    """Let go of the lane if nothing can be claimed in it; False when there is more to do, or it is no longer ours.

    In a lane that is stopped nothing can be. What a person let through ends where there is nothing more to do, so that
    the guard counts whatever comes later. The row is locked before it is asked whether work is there: who makes work
    and rings while we ask finds the lane free, as taking it waits for us.
    """
    conn.execute(select(leases.c.lane).where(_is(lease)).with_for_update())
    work = exists().where(due.c.lane == lease.lane, is_claimable(now))
    idle = ~work | is_stopped(lease.lane)
    conn.execute(update(leases).where(_is(lease), ~work).values(guard_creates=None, guard_archives=None))
    return conn.execute(update(leases).where(_is(lease), idle).values(owner=None)).rowcount == 1


def release(conn: Connection, lease: Lease) -> None:
    """Let go of the lane, whatever is due; nothing happens when it is no longer ours."""
    conn.execute(update(leases).where(_is(lease)).values(owner=None))


def lock(conn: Connection, sync: str) -> None:
    """Wait for whatever is being committed in the lanes of `sync`; nothing else is before this transaction ends."""
    of_sync = leases.c.lane.startswith(f"{sync}/", autoescape=True)
    conn.execute(select(leases.c.lane).where(of_sync).order_by(leases.c.lane).with_for_update())


def revoke(conn: Connection, sync: str, besides: Lease | None) -> None:
    """Take the lanes of `sync` from whoever has them but for one lease: what is under way there counts no more."""
    others = leases.c.lane.startswith(f"{sync}/", autoescape=True) & (~_is(besides) if besides else true())
    conn.execute(update(leases).where(others).values(owner=None, epoch=leases.c.epoch + 1))


def park(conn: Connection, lease: Lease, until: datetime, because: str) -> None:
    """Let go of the lane and keep everybody from it until then. Raises `LeaseLost` when it is no longer ours."""
    check(conn, lease)
    conn.execute(update(leases).where(_is(lease)).values(owner=None, parked_until=until, parked_because=because))


def rest_backfill(conn: Connection, lease: Lease, until: datetime) -> None:
    """Work on no backfill of the lane before then; what is live goes on. Raises `LeaseLost` when it is not ours."""
    check(conn, lease)
    conn.execute(update(leases).where(_is(lease)).values(backfill_until=until))


def held(conn: Connection) -> tuple[LaneLease, ...]:
    """How every lane that was ever drained stands."""
    columns = [leases.c[each.name] for each in fields(LaneLease)]
    return tuple(LaneLease(**row) for row in conn.execute(select(*columns).order_by(leases.c.lane)).mappings())


def worked_on(conn: Connection, now: datetime) -> dict[str, str]:
    """The lanes that somebody drains right now, and who."""
    alive = leases.c.owner.is_not(None) & (leases.c.expires_at > now)
    rows = conn.execute(select(leases.c.lane, leases.c.owner).where(alive).order_by(leases.c.lane))
    return {lane: owner for lane, owner in rows}  # noqa: C416 - a row is no pair to the type checker


_LOCKED = (
    select(leases.c.lane)
    .where(
        leases.c.lane == bindparam("of_lane"),
        leases.c.owner == bindparam("of_owner"),
        leases.c.epoch == bindparam("of_epoch"),
    )
    .with_for_update()
)
"""Built once: whatever is kept asks it first."""


def _is(lease: Lease) -> ColumnElement[bool]:
    return (leases.c.lane == lease.lane) & (leases.c.owner == lease.owner) & (leases.c.epoch == lease.epoch)
