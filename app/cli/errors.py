"""`crossbook errors`: the dead letters, what each means, who can make it good, and what to do then."""

from collections.abc import Iterator, Sequence

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.engine.causes import Cause, cause_of
from app.runtime import Runtime
from app.store import backlog
from app.store.backlog import DeadLetter

MOST_SHOWN = 100


def errors(*, as_json: AsJson = False) -> None:
    """List the records that need a person: what is wrong, who can make it good, and the next step."""
    tell(ask(carry_out), as_json=as_json)


async def carry_out(runtime: Runtime) -> Told:
    """The dead letters, the latest first."""
    letters = await runtime.database.read(lambda conn: backlog.dead(conn, limit=None))
    return Told({"errors": [document(each) for each in letters]}, list(_lines(letters)))


def document(letter: DeadLetter) -> dict[str, object]:
    """A dead letter as a program reads it."""
    cause = cause_of(letter.code)
    facts = {
        "record": str(letter.ref),
        "lane": letter.lane,
        "code": letter.code,
        "kind": cause.kind,
        "at": letter.dead_at,
    }
    words = {"means": cause.words, "reason": letter.reason, "fixer": cause.fixer, "next_step": step(letter, cause)}
    return {**facts, **words, "attempts": letter.attempts}


def step(letter: DeadLetter, cause: Cause) -> str:
    """The next step, with the record's own id in its commands."""
    return cause.step.replace("RECORD", letter.ref.id).replace("LANE", letter.lane)


def _lines(letters: Sequence[DeadLetter]) -> Iterator[str]:
    if not letters:
        yield "nothing is wrong: there are no dead letters"
    for letter in letters[:MOST_SHOWN]:
        cause = cause_of(letter.code)
        yield f"{letter.ref} in {letter.lane} ({letter.code}, since {letter.dead_at:%Y-%m-%d %H:%M:%S})"
        yield f"  {cause.words} {letter.reason}"
        yield f"  who: {cause.fixer}"
        yield f"  next: {step(letter, cause)}"
    if len(letters) > MOST_SHOWN:
        yield f"and {len(letters) - MOST_SHOWN} more; crossbook errors --json lists them all"
