"""What was written for a case and what came of it, and the circumstances under which that is settled."""

from dataclasses import dataclass
from datetime import datetime

from app.engine.apply import Sent
from app.engine.cases import Case
from app.engine.holders import Holder
from app.engine.lane import Lane
from app.engine.plans import Write


@dataclass(frozen=True, slots=True)
class Written:
    """A write of the plan, what came of it, and the call it went out in.

    `holder` is who has the name or number that the vendor says is taken, once that was looked up.
    """

    write: Write
    sent: Sent
    call_id: int | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The circumstances of a settlement: the lane, the time, and a draw from [0, 1) for the pause before a retry."""

    lane: Lane
    now: datetime
    chance: float


def attempts_of(case: Case) -> int:
    """How often the case has failed of its own fault."""
    return max((due.attempts for due in case.due), default=0)
