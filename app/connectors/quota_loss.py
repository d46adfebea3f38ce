"""A count that was lost, put together again of what each process last saw of it. Pure."""

from dataclasses import replace

from app.connectors.quota_ledger import MINUTE, Ledger, Limits


def lost(ours: Ledger, limits: Limits, now: int) -> Ledger:
    """A count that begins anew with what one process knows: no call goes until all have told, or until those on their
    way must have landed. Then others may have used up the minute but for a few calls, until the vendor says what is
    left; of these few one flies alone, and its answer tells before a second one goes.
    """
    landed = now + int(limits.flight_seconds * 1000)
    others = max(0, limits.minute - len(ours.places) - limits.at_once)
    begun = replace(ours, heard=False, told_by=[], lost_until=landed)
    return replace(begun, foreign_minute=others, foreign_minute_until=landed + MINUTE)


def joined(ledger: Ledger, limits: Limits, process: str, now: int) -> Ledger:
    """A process counts here: should the count be lost, it may know of calls that nobody else does."""
    return replace(ledger, members={**ledger.members, process: now + int(limits.flight_seconds * 1000) + MINUTE})


def told(ledger: Ledger, ours: Ledger, process: str, processes: int) -> Ledger:
    """A process has added what it saw before the count was lost, which is `ours`.

    Once all have, nothing is unknown any more, and what the vendor was heard to count besides is as it was.
    """
    told_by = sorted({*ledger.told_by, process})
    if len(told_by) < processes or not ledger.members.keys() <= set(told_by):
        return replace(ledger, told_by=told_by)
    return replace(
        ledger,
        told_by=[],
        lost_until=0,
        foreign_minute=ours.foreign_minute,
        foreign_minute_until=ours.foreign_minute_until,
        heard=True,
    )


def merge(mine: Ledger, theirs: Ledger) -> Ledger:
    """Both counts as one: no call that either knows is forgotten."""
    places = {permit: max(frees, mine.places.get(permit, 0)) for permit, frees in theirs.places.items()}
    later = max(mine, theirs, key=lambda ledger: ledger.parked_until)
    return replace(
        theirs,
        places={**mine.places, **places},
        flying={**mine.flying, **theirs.flying},
        periods=_most(mine.periods, theirs.periods),
        live=_most(mine.live, theirs.live),
        bulk=_most(mine.bulk, theirs.bulk),
        members=_most(mine.members, theirs.members),
        parked_until=later.parked_until,
        parked_because=later.parked_because,
    )


def _most(mine: dict[str, int], theirs: dict[str, int]) -> dict[str, int]:
    return {**mine, **{name: max(calls, mine.get(name, 0)) for name, calls in theirs.items()}}
