"""Notices as they are kept: what is told by one worker is told by no other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, update

from app.engine.notices import Notice, Owes, seen, unseen
from app.engine.troubles import Kind, Trouble
from app.store.statements import insert
from app.store.tables import notices

CLAIM = timedelta(minutes=5)
"""How long others leave alone what one worker tells; a telling that failed is tried again after it."""


_IS_OURS = notices.c.kind.in_(list(Kind))
"""A later version may have noticed what this one knows nothing of."""


def settle(conn: Connection, troubles: Iterable[Trouble], now: datetime, *, anybody: bool) -> None:
    """Notice what is wrong now and what is so no more; `anybody` says whether there is anybody to be told."""
    known = {each.key: each for each in _locked(conn)}
    for trouble in troubles:
        before = known.pop((trouble.kind, trouble.subject), None)
        _keep(conn, before, seen(before, trouble, now))
    for before in known.values():
        _keep(conn, before, unseen(before, now, anybody=anybody))


def note(conn: Connection, trouble: Trouble, now: datetime) -> None:
    """Notice one trouble, wherever it is met; whether it is so no more is seen by `settle`."""
    of_trouble = (notices.c.kind == trouble.kind) & (notices.c.subject == trouble.subject)
    row = conn.execute(select(notices).where(of_trouble).with_for_update()).mappings().one_or_none()
    before = _notice(row) if row else None
    _keep(conn, before, seen(before, trouble, now))


def claim_owed(conn: Connection, now: datetime) -> tuple[Notice, ...]:
    """All that must be told now; nobody else gets it for a while."""
    return _claimed(conn, notices.c.owes.is_not(None), now)


def claim_gathered(conn: Connection, now: datetime, wait: timedelta) -> tuple[Notice, ...]:
    """All that was gathered, once the first of it has waited for `wait`; nobody else gets it for a while."""
    first = conn.execute(select(func.min(notices.c.untold_since)).where(notices.c.untold > 0)).scalar()
    if first is None or now - first < wait:
        return ()
    return _claimed(conn, notices.c.untold > 0, now)


def settle_told(conn: Connection, claimed: Sequence[Notice], after: Callable[[Notice, Notice], Notice]) -> None:
    """Keep that these were told: `after` makes a notice as it stands, and as it was told, into what it is then."""
    known = {each.key: each for each in _locked(conn)}
    for each in claimed:
        if before := known.get(each.key):
            values = _row(after(before, each)) | {"claimed_until": None}
            conn.execute(update(notices).where(_is(before)).values(values))


def everything(conn: Connection) -> tuple[Notice, ...]:
    """All notices: what stands first, then what is over, each the latest first."""
    rows = select(notices).where(_IS_OURS)
    latest_first = rows.order_by(notices.c.ended_at.is_not(None), notices.c.begun_at.desc(), *notices.primary_key)
    return tuple(_notice(row) for row in conn.execute(latest_first).mappings())


def _locked(conn: Connection) -> tuple[Notice, ...]:
    """All of them, in an order that does not change: nobody who does the same waits for us while we wait for him."""
    rows = select(notices).where(_IS_OURS).order_by(*notices.primary_key).with_for_update()
    return tuple(_notice(row) for row in conn.execute(rows).mappings())


def _keep(conn: Connection, before: Notice | None, after: Notice) -> None:
    """A notice that is new may just have been kept by another worker: then that one stands."""
    if before is None:
        conn.execute(insert(conn, notices).values(_row(after)).on_conflict_do_nothing())
    elif before != after:
        conn.execute(update(notices).where(_is(before)).values(_row(after)))


def _claimed(conn: Connection, wanted: ColumnElement[bool], now: datetime) -> tuple[Notice, ...]:
    free = or_(notices.c.claimed_until.is_(None), notices.c.claimed_until <= now)
    taken = update(notices).where(_IS_OURS, wanted, free).values(claimed_until=now + CLAIM).returning(notices)
    return tuple(sorted((_notice(row) for row in conn.execute(taken).mappings()), key=lambda each: each.key))


def _is(notice: Notice) -> ColumnElement[bool]:
    return (notices.c.kind == notice.kind) & (notices.c.subject == notice.subject)


def _row(notice: Notice) -> dict[str, object]:
    return asdict(notice)


def _notice(row: RowMapping) -> Notice:
    values = {name: value for name, value in row.items() if name != "claimed_until"}
    owes = Owes(row["owes"]) if row["owes"] else None
    return Notice(**{**values, "kind": Kind(row["kind"]), "owes": owes})
