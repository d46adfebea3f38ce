"""Pauses: what a person has stopped, and which pairs rest because of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from app.engine.cases import Case, pair_up
from app.engine.lane import Lane
from app.engine.ledger import DueRecord
from app.engine.memory import Later, Recollection, Settled
from app.engine.records import RecordRef

Pauses = Mapping[str, str]
"""Why each thing is paused, by its scope."""

PAUSED = "paused"
"""The code of what waits because a person has paused it."""

_UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)


def sync_scope(sync: str) -> str:
    """The name of a pause of a whole sync: none of its lanes is worked on."""
    return f"sync:{sync}"


def lane_scope(lane: str) -> str:
    """The name of a hold of a lane."""
    return f"lane:{lane}"


def mapping_scope(sync: str, mapping: str) -> str:
    """The name of a pause of one mapping: its pairs rest."""
    return f"mapping:{sync}/{mapping}"


def record_scope(sync: str, ref: RecordRef) -> str:
    """The name of a pause of one record: every pair that it is a side of rests."""
    return f"record:{sync}:{ref}"


def waits_for(scope: str) -> str:
    """What a due record waits for that rests because of a pause."""
    return f"pause:{scope}"


def apart(sync: str, cases: Iterable[Case], pauses: Pauses) -> tuple[list[Case], list[Settled]]:
    """The cases that may go on, and what becomes of those that rest: they stay due until a person resumes them."""
    going: list[Case] = []
    resting: list[Settled] = []
    for case in cases:
        scope = _scope(sync, case, pauses)
        if scope is None:
            going.append(case)
        else:
            resting.append(Settled(case.due, later=_later(case.due, scope, pauses)))
    return going, resting


def awake(lane: Lane, batch: Sequence[DueRecord], known: Recollection) -> tuple[list[DueRecord], list[Settled]]:
    """The due records that are to be looked at at all, and what becomes of those all of whose pairs rest."""
    cases, strays = pair_up(lane, batch, known)
    going, resting = apart(lane.sync.name, cases, known.pauses)
    up = {*strays, *(due for case in going for due in case.due)}
    asleep = [settled for settled in resting if not up.intersection(settled.due)]
    return [due for due in batch if due in up], asleep


def _scope(sync: str, case: Case, pauses: Pauses) -> str | None:
    """The pause that lets a case rest: of its mapping, or of one of its records."""
    scopes = (mapping_scope(sync, case.mapping.name), *(record_scope(sync, ref) for ref in case.refs))
    return next((scope for scope in scopes if scope in pauses), None)


def _later(due: Sequence[DueRecord], scope: str, pauses: Pauses) -> Later:
    attempts = max((each.attempts for each in due), default=0)
    return Later(_UNTIL_RESUMED, f"paused by a person: {pauses[scope]}", PAUSED, attempts, waits_for(scope))
