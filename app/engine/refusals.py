"""What becomes of a case one of whose writes the vendor refused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.engine.actions import Declined, Verb
from app.engine.cases import Case
from app.engine.causes import FAILS_ALWAYS, Kind, cause_of
from app.engine.decisions import leaves
from app.engine.holders import Holder
from app.engine.ledger import DueRecord, Outcome, Question
from app.engine.memory import Dead, Later, Settled
from app.engine.presence import NOT_BROUGHT_BACK, NOT_TAKEN, PRESENCE
from app.engine.records import Link
from app.engine.retry import LOOK_UP_SECONDS, MAX_ATTEMPTS, next_attempt_at
from app.engine.written import Moment, attempts_of
from app.errors import CallRefused, NotDone
from app.mapping.values import Value


def refused(settled: Settled, case: Case, verb: Verb, declined: Declined, holder: Holder | None, at: Moment) -> Settled:
    """A refusal that passes is tried again; one for a taken name is looked up, then asked about; a contact that is not
    brought back is asked about; any other needs a person.
    """
    attempts = attempts_of(case) + 1
    if declined.taken and attempts == 1:
        until = at.now + timedelta(seconds=LOOK_UP_SECONDS)
        return replace(settled, later=Later(until, declined.message, declined.code, attempts))
    if declined.taken:
        return _taken(settled, case, declined, holder, at)
    if declined.passes and attempts < MAX_ATTEMPTS:
        until = next_attempt_at(at.now, attempts, at.chance)
        return replace(settled, later=Later(until, declined.message, declined.code, attempts))
    if verb is Verb.RESTORE and case.link:
        return _not_brought_back(settled, case, case.link, at)
    return replace(settled, dead=Dead(declined.code, declined.message), withdrawn=case.refs)


def unreadable(due: DueRecord, error: NotDone, now: datetime, chance: float) -> Settled:
    """What becomes of a record that a vendor does not show: what may pass is tried again, else it needs a person."""
    attempts, reason = due.attempts + 1, str(error)
    refused = error.code if isinstance(error, CallRefused) else None
    passes = refused is None or cause_of(refused).kind is Kind.TRY_AGAIN
    if passes and attempts < MAX_ATTEMPTS:
        until = next_attempt_at(now, attempts, chance)
        return Settled((due,), later=Later(until, reason, refused or "unknown", attempts))
    return Settled((due,), dead=Dead(refused or FAILS_ALWAYS, reason), reason=reason)


def _taken(settled: Settled, case: Case, declined: Declined, holder: Holder | None, at: Moment) -> Settled:
    """Nobody's record is ever renamed by us: a person is told who has the name or number."""
    detail: dict[str, Value] = {
        "field": holder.field if holder else None,
        "value": holder.value if holder else None,
        "holder": str(holder.ref) if holder else None,
        "holder_counterpart": str(holder.counterpart) if holder and holder.counterpart else None,
        "why": declined.message,
    }
    asked = _question(case, "taken", detail, at, holder)
    left = leaves(case.decisions, "taken", detail)
    questions = settled.asked if left else (*settled.asked, asked)
    return replace(settled, outcome=Outcome.FILTERED, reason=declined.message, asked=questions, withdrawn=case.refs)


def _not_brought_back(settled: Settled, case: Case, link: Link, at: Moment) -> Settled:
    """Xero has not brought a contact back: a person is asked, and it is not tried again."""
    asked = _question(case, "restore", {"record": str(link.xero), "why": NOT_BROUGHT_BACK}, at)
    base = (link.id, {**link.base, PRESENCE: NOT_TAKEN})
    return replace(
        settled, outcome=Outcome.FILTERED, reason=NOT_BROUGHT_BACK, base=base, asked=(asked,), withdrawn=case.refs
    )


def _question(
    case: Case, topic: str, detail: Mapping[str, Value], at: Moment, holder: Holder | None = None
) -> Question:
    return Question(at.lane.name, case.mapping.name, case.refs[0], topic, detail, other=holder.ref if holder else None)
