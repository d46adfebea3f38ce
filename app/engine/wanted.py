"""Whether a write in doubt may be sent once more."""

from app.engine import pauses
from app.engine.bench import Bench
from app.engine.cases import pair_up
from app.engine.events import Priority
from app.engine.ledger import Call, DueRecord, Intent
from app.engine.look import States, look
from app.engine.memory import Recollection
from app.engine.planning import Planned, decide
from app.engine.reading import Unshown
from app.mapping import model


async def is_still_wanted(bench: Bench, call: Call, known: Recollection, priority: Priority) -> bool:
    """Whether all that `call` was to write would be written now: nothing of it has been stopped, paused or taken back.

    What its records show may have changed since, so its sources are looked at once more.
    """
    if bench.lane.sync.mode is not model.Mode.LIVE:
        return False
    states: States = dict(known.states)
    sources = list(dict.fromkeys(intent.source for intent in call.intents))
    try:
        await look(bench, sources, states, priority)
    except Unshown:
        return False
    now = bench.clock.now()
    due = [DueRecord(ref, mark=0, priority=priority, attempts=0, first_due_at=now) for ref in sources]
    cases, _ = pair_up(bench.lane, due, known)
    going, _ = pauses.apart(bench.lane.sync.name, cases, known.pauses)
    planned = decide(going, states, {})
    return all(any(_plans(each, intent) for each in planned) for intent in call.intents)


def _plans(planned: Planned, intent: Intent) -> bool:
    """Whether a plan holds the write of `intent`, with every field that it carries; their values may be newer."""
    case, target = planned.case, intent.target_system
    same_pair = case.ref(target.other) == intent.source and case.mapping.object(target) == intent.target_object
    writes = planned.plan.writes if planned.plan and same_pair else ()
    return any(
        (write.target, write.verb, write.element.id) == (target, intent.verb, intent.target_id)
        and intent.carries.keys() <= write.carries.keys()
        for write in writes
    )
