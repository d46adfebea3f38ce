"""`crossbook status`: what waits, what is parked, and what needs a person."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.cli.errors import document as error_document
from app.cli.errors import step
from app.cli.questions import document as question_document
from app.cli.telling_notices import document as notice_document
from app.engine.causes import cause_of
from app.engine.ledger import Outcome, Question
from app.engine.notices import Notice
from app.engine.troubles import Kind
from app.engine.usage import Tally
from app.runtime import Runtime
from app.store import backlog, leases, notices, outcomes, pauses, progress, questions, runs, usage
from app.store.backlog import DeadLetter
from app.store.leases import LaneLease
from app.store.outcomes import Counts
from app.store.pauses import Pause
from app.store.progress import Progress, Purpose
from app.store.runs import Run

MOST_SHOWN = 10

TOLD_NOWHERE_ELSE = frozenset({Kind.SIGN_IN, Kind.SILENCE, Kind.QUOTA, Kind.GAP})
"""The troubles that no other line of the status tells of."""


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands at `at`, by the database's clock."""

    at: datetime
    modes: dict[str, str]
    counts: Counts
    waiting_since: dict[str, datetime]
    leases: dict[str, LaneLease]
    dead: tuple[DeadLetter, ...]
    questions: tuple[Question, ...]
    runs: tuple[Run, ...]
    used: tuple[Tally, ...]
    reading: tuple[Progress, ...]
    pauses: tuple[Pause, ...]
    troubles: tuple[Notice, ...]


def status(*, as_json: AsJson = False) -> None:
    """Tell what waits in each lane, what is parked, and what needs a person."""
    stands = ask(_look)
    print_answer(document(stands), lines(stands), as_json=as_json)


async def _look(runtime: Runtime) -> Status:
    modes = {name: lane.sync.mode.value for name, lane in runtime.lanes.items()}
    stands: Status = await runtime.database.read(
        lambda conn: Status(
            at=(now := runtime.database.now(conn)),
            modes=modes,
            counts=outcomes.counts(conn),
            waiting_since=backlog.oldest_due_at(conn),
            leases={lease.lane: lease for lease in leases.held(conn)},
            dead=backlog.dead(conn, limit=MOST_SHOWN),
            questions=questions.open_questions(conn, limit=MOST_SHOWN),
            runs=runs.latest(conn, limit=MOST_SHOWN),
            used=usage.of_day(conn, f"{now:%Y-%m-%d}"),
            reading=progress.under_way(conn, *Purpose),
            pauses=pauses.everything(conn),
            troubles=tuple(each for each in notices.everything(conn) if not each.ended_at),
        )
    )
    return stands


def document(stands: Status) -> dict[str, object]:
    """The status as a program reads it; of dead letters, questions and runs the latest ten."""
    several = len({lane.partition("/")[0] for lane in stands.modes}) > 1
    return {
        "at": stands.at,
        "lanes": {name: _lane(stands, name) for name in stands.modes},
        "paused": [asdict(each) for each in stands.pauses],
        "dead": [error_document(each) for each in stands.dead],
        "questions": [question_document(each, several_syncs=several) for each in stands.questions],
        "runs": [
            {
                "kind": each.kind,
                "sync": each.sync,
                "started_at": each.started_at,
                "finished_at": each.finished_at,
                "counts": each.counts,
                "error": each.error,
            }
            for each in stands.runs
        ],
        "usage": [asdict(each) for each in stands.used],
        "reading": [asdict(each) for each in stands.reading],
        "troubles": [notice_document(each) for each in stands.troubles],
    }


def _lane(stands: Status, name: str) -> dict[str, object]:
    lease = stands.leases.get(name)
    return {
        "mode": stands.modes[name],
        "pending": stands.counts.lanes[name][Outcome.PENDING] if name in stands.counts.lanes else 0,
        "waiting_since": stands.waiting_since.get(name),
        "drained_by": lease.owner if lease and lease.expires_at > stands.at else None,
        "parked_until": lease.parked_until if lease else None,
        "parked_because": lease.parked_because if lease else None,
        "held_at": lease.held_at if lease else None,
        "held_because": lease.held_because if lease else None,
    }


def lines(stands: Status) -> Iterator[str]:
    """The status as a person reads it."""
    if not stands.modes:
        yield "there is no sync: put a sync file into SYNC_DIR"
    for name in stands.modes:
        yield f"{name}: {', '.join(_said(stands, name))}"
    for pause in stands.pauses:
        yield f"paused: {pause.scope} since {pause.paused_at:%Y-%m-%d %H:%M:%S} ({pause.because}); {pause.resting} rest"
    for letter in stands.dead:
        cause = cause_of(letter.code)
        yield f"dead: {letter.ref} in {letter.lane}: {letter.reason}"
        yield f"  {cause.words} Who: {cause.fixer}. Next: {step(letter, cause)}"
    for question in stands.questions:
        why = question.detail.get("why")
        yield f"question: {question.topic} about {question.ref} in {question.lane}" + (f": {why}" if why else "")
    for trouble in stands.troubles:
        if trouble.kind in TOLD_NOWHERE_ELSE:
            yield f"trouble: {trouble.words}"
            yield f"  what to do: {trouble.remedy}"
    for run in stands.runs:
        ended = run.error or ("done" if run.finished_at else "running")
        counted = ", ".join(f"{count} {what}" for what, count in run.counts.items())
        yield f"{run.kind} of {run.sync} at {run.started_at:%Y-%m-%d %H:%M:%S}: {ended}{counted and f', {counted}'}"
    yield from map(_being_read, stands.reading)
    yield from map(_used, stands.used)


def _being_read(read: Progress) -> str:
    reached = f", up to {read.reached:%Y-%m-%d %H:%M:%S}" if read.reached else ""
    what = f"{'all that changed' if read.purpose is Purpose.CHANGES else 'all'} of {read.system} {read.object}"
    return f"reading {what} for {read.sync} ({read.purpose}): {read.records} records{reached}"


def _used(tally: Tally) -> str:
    told = f", {tally.calls_left} calls left as told at {tally.told_at:%H:%M:%S}" if tally.told_at else ""
    megabytes = tally.bytes_out / 1_000_000
    return f"{tally.system} {tally.connection} today (UTC): {tally.calls} calls, {megabytes:.1f} MB read{told}"


def _said(stands: Status, name: str) -> Iterator[str]:
    lane = _lane(stands, name)
    yield f"mode {lane['mode']}"
    yield f"{lane['pending']} events pending"
    if since := stands.waiting_since.get(name):
        yield f"work waits for {(stands.at - since).total_seconds():.1f} s"
    if lane["drained_by"]:
        yield f"drained by {lane['drained_by']}"
    if lane["held_at"]:
        yield f"HELD since {lane['held_at']:%Y-%m-%d %H:%M:%S} ({lane['held_because']})"
    if lane["parked_until"]:
        yield f"parked until {lane['parked_until']:%Y-%m-%d %H:%M:%S} ({lane['parked_because']})"
