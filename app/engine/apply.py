"""The one way out: every write to a vendor is committed as a call, sent, and its answers told apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.engine.actions import Answer, Declined, Verb
from app.engine.bench import Bench
from app.engine.cases import Case
from app.engine.events import Priority
from app.engine.ledger import Call, CallResult, Intent, IntentResult
from app.engine.memory import CallSettled
from app.engine.plans import Write
from app.engine.records import System
from app.engine.retry import AWAY_SECONDS, DOUBT_SECONDS, QUOTA_SECONDS, SIGN_IN_SECONDS
from app.errors import CallRefused, Doubtful, Held, NotDone, OutOfQuota, Unreachable

HELD = "held"
"""The code of what waits because its lane is stopped."""


@dataclass(frozen=True, slots=True)
class Job:
    """One write of one case's plan."""

    case: Case
    write: Write


@dataclass(frozen=True, slots=True)
class Deferred:
    """A write that was not answered for a reason that is not the record's fault. `parks`: nor will others be now.

    `rests` says that this holds for backfill alone: what is live may still be written. `suspects` says that it may be
    the fault of those that were asked for: others are still worth trying. `kind` names the vendor's failure for the
    log, as `why` may quote anything.
    """

    until: datetime
    why: str
    parks: bool
    rests: bool = False
    suspects: bool = False
    code: str | None = None
    kind: str | None = None


Sent = Answer | Deferred


Kind = tuple[System, Verb, str]
"""What writes must share to share a call: the target system, the verb and the object."""


@dataclass(slots=True)
class Dispatch:
    """The jobs of a batch on their way out: an answer each, by position, and the calls to be settled with them."""

    bench: Bench
    jobs: Sequence[Job]
    priority: Priority
    sent: dict[int, Sent] = field(default_factory=dict[int, Sent])
    call_ids: dict[int, int] = field(default_factory=dict[int, int])
    calls: list[CallSettled] = field(default_factory=list[CallSettled])

    def parked(self) -> Deferred | None:
        """The longest reason, if any, to put the lane aside."""
        parks = [sent for sent in self.sent.values() if isinstance(sent, Deferred) and sent.parks]
        return max(parks, key=lambda deferred: deferred.until, default=None)

    async def send(self, kind: Kind, positions: Sequence[int]) -> None:
        """Send the jobs at `positions` in one call, unless an earlier answer of that vendor forbids it."""
        stopped = self._stopped(kind[0])
        if stopped:
            self._defer(positions, stopped)
            return
        try:
            call = await self.bench.memory.open_call(_call(self.bench, [self.jobs[each] for each in positions], kind))
        except Held as error:
            await self._held(kind, positions, error)
        else:
            await self._send(call, kind, positions)

    async def _held(self, kind: Kind, positions: Sequence[int], error: Held) -> None:
        """As many as there is room for may go; the rest asks again, and is put aside where there is none."""
        if not error.room:
            self._defer(positions, Deferred(self.bench.clock.now(), str(error), parks=True, code=HELD))
            return
        await self.send(kind, positions[: error.room])
        await self.send(kind, positions[error.room :])

    async def _send(self, call: Call, kind: Kind, positions: Sequence[int]) -> None:
        try:
            answers = await send(self.bench, call, kind, self.priority)
        except CallRefused as error:
            await self._refused(call, kind, positions, error)
        except NotDone as error:
            await close(self.bench, call, CallResult.NOT_DONE, error)
            self._defer(positions, set_aside(error, self.bench.clock.now(), self.priority))
        except Doubtful as error:
            await close(self.bench, call, CallResult.FAILED if error.answered else CallResult.DOUBTFUL, error)
            until = self.bench.clock.now() + timedelta(seconds=DOUBT_SECONDS)
            self._defer(positions, Deferred(until, f"in doubt: {error}", parks=False))
        else:
            self.sent.update(zip(positions, answers, strict=True))
            self.call_ids.update(dict.fromkeys(positions, call.id))
            self.calls.append(answered(call, answers))

    async def _refused(self, call: Call, kind: Kind, positions: Sequence[int], error: CallRefused) -> None:
        """A call that was refused as a whole: each element alone tells which of them was at fault."""
        await close(self.bench, call, CallResult.NOT_DONE, error)
        if len(positions) == 1:
            self.sent[positions[0]] = Declined(error.code, str(error))
            return
        for position in positions:
            await self.send(kind, [position])

    def _defer(self, positions: Sequence[int], deferred: Deferred) -> None:
        self.sent.update(dict.fromkeys(positions, deferred))

    def _stopped(self, target: System) -> Deferred | None:
        """A reason why an earlier call to `target` stops all further ones of this batch."""
        for position, sent in self.sent.items():
            if isinstance(sent, Deferred) and sent.parks and self.jobs[position].write.target is target:
                return sent
        return None


async def apply(bench: Bench, jobs: Sequence[Job], priority: Priority) -> Dispatch:
    """Send all jobs, in as few calls as their kinds allow, and return what was answered to each.

    Nothing is settled here but calls that settle no record: those not done, and those in doubt.
    """
    dispatch = Dispatch(bench, jobs, priority)
    for kind, positions in _alike(jobs).items():
        size = bench.connectors[kind[0]].write_size(kind[1])
        for start in range(0, len(positions), size):
            await dispatch.send(kind, positions[start : start + size])
    return dispatch


def calls_for(bench: Bench, jobs: Sequence[Job]) -> int:
    """How many calls `apply` needs for `jobs`, if none is refused as a whole."""
    alike = _alike(jobs).items()
    return sum(-(-len(positions) // bench.connectors[kind[0]].write_size(kind[1])) for kind, positions in alike)


async def send(bench: Bench, call: Call, kind: Kind, priority: Priority) -> Sequence[Answer]:
    """Send a committed call and return one answer per intent."""
    target, verb, name = kind
    elements = [intent.element for intent in call.intents]
    return await bench.connectors[target].send(call.request, verb, name, elements, priority)


async def close(bench: Bench, call: Call, result: CallResult, error: NotDone | Doubtful) -> None:
    """Commit that a call was not done, or that its intents stay open because it is in doubt."""
    not_done: dict[int, tuple[IntentResult, str | None]] = {
        intent.id: (IntentResult.NOT_DONE, None) for intent in call.intents if result is CallResult.NOT_DONE
    }
    await bench.memory.close_call(CallSettled(call.id, result, not_done, error.request_id, str(error)))


def answered(call: Call, answers: Sequence[Answer]) -> CallSettled:
    """How a call that was answered ended, element by element."""
    pairs = zip(call.intents, answers, strict=True)
    return CallSettled(call.id, CallResult.ANSWERED, {intent.id: _result(answer) for intent, answer in pairs})


def set_aside(error: NotDone, now: datetime, priority: Priority) -> Deferred:
    """How long to wait after a call that was certainly not carried out.

    Backfill is refused a permit while there are still some for what is live: then it alone has to wait.
    """
    why, kind = str(error), type(error).__name__
    match error:
        case OutOfQuota():
            ends, again = max(error.until, now), now + timedelta(seconds=QUOTA_SECONDS)
            why = why if ends <= again else f"{why}, as far as is known until {ends:%Y-%m-%d %H:%M} UTC"
            return Deferred(min(ends, again), why, parks=True, rests=priority is Priority.BACKFILL, kind=kind)
        case Unreachable():
            return Deferred(error.until or now + timedelta(seconds=AWAY_SECONDS), why, parks=True, kind=kind)
    return Deferred(now + timedelta(seconds=SIGN_IN_SECONDS), why, parks=True, kind=kind)


def _alike(jobs: Iterable[Job]) -> dict[Kind, list[int]]:
    """Positions of the jobs that can share a call: one system, one verb, one object."""
    grouped: dict[Kind, list[int]] = defaultdict(list)
    for position, job in enumerate(jobs):
        target = job.write.target
        grouped[target, job.write.verb, job.case.mapping.object(target)].append(position)
    return grouped


def _result(answer: Answer) -> tuple[IntentResult, str | None]:
    return (IntentResult.REFUSED, None) if isinstance(answer, Declined) else (IntentResult.DONE, answer.id)


def _call(bench: Bench, jobs: Sequence[Job], kind: Kind) -> Call:
    target, verb, name = kind
    key = bench.new_id()
    elements, shown = [job.write.element for job in jobs], bench.lane.fields(target, name)
    request = bench.connectors[target].prepare(verb, name, elements, key, shown)
    intents = tuple(_intent(job, target) for job in jobs)
    return Call(0, bench.lane.name, 0, target, request, bench.clock.now(), intents)


def _intent(job: Job, target: System) -> Intent:
    source = job.case.ref(target.other)
    if source is None:
        raise ValueError(f"a write to {target} needs a source")
    return Intent(
        id=0,
        mapping=job.case.mapping.name,
        slot=job.case.link.slot if job.case.link else "",
        link_id=job.case.link.id if job.case.link else None,
        verb=job.write.verb,
        source=source,
        target_system=target,
        target_object=job.case.mapping.object(target),
        target_id=job.write.element.id,
        element=job.write.element,
        carries=job.write.carries,
    )
