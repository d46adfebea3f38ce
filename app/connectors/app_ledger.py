"""What an app owes a vendor over all organisations together: calls counted by the second in which their place frees.

There are thousands a minute, so permits have no names here: whoever holds one knows its second. The rest of the state
and how it is kept are those of an organisation's ledger.
"""

from dataclasses import replace

from app.connectors.quota_ledger import (
    KEPT_BACK,
    MINUTE,
    Denial,
    Ledger,
    Limits,
    denied_while_parked,
    foreign,
    kept_back,
)
from app.engine.events import Priority

_SECOND = 1000


def take(ledger: Ledger, limits: Limits, calls: int, frees: int, priority: Priority, now: int) -> Ledger | Denial:
    """Places for `calls` calls until `frees`, or none."""
    if parked := denied_while_parked(ledger, now):
        return parked
    allowed = limits.minute - ledger.foreign_minute - kept_back(limits.minute, KEPT_BACK[priority][0])
    too_many = counted(ledger) + calls - allowed
    if too_many > 0:
        return Denial(max(_free_again(ledger, too_many), now + _SECOND), "the app's minute is used up")
    return put(ledger, calls, frees)


def put(ledger: Ledger, calls: int, frees: int) -> Ledger:
    """The same with `calls` more places that free at `frees`; with fewer where `calls` is below zero."""
    second = _second(frees)
    left = ledger.bulk.get(second, 0) + calls
    others = {other: held for other, held in ledger.bulk.items() if other != second}
    return replace(ledger, bulk={**others, second: left} if left > 0 else others)


def believe(ledger: Ledger, limits: Limits, minute_left: int | None, now: int) -> Ledger:
    """Correct the count by what the vendor said is left, heard with an answer that just landed."""
    if minute_left is None:
        return ledger
    flying = sum(calls for second, calls in ledger.bulk.items() if int(second) > now + MINUTE + _SECOND)
    known = foreign(limits.minute - minute_left, counted(ledger), flying)
    return replace(ledger, foreign_minute=known, foreign_minute_until=now + MINUTE)


def counted(ledger: Ledger) -> int:
    """The calls of our own that hold a place."""
    return sum(ledger.bulk.values())


def _free_again(ledger: Ledger, calls: int) -> int:
    """When so many places have become free."""
    for second in sorted(ledger.bulk, key=int):
        calls -= ledger.bulk[second]
        if calls <= 0:
            return int(second)
    return ledger.foreign_minute_until


def _second(frees: int) -> str:
    """The end of the second: a place is never free too early."""
    return str(-(-frees // _SECOND) * _SECOND)
