"""`crossbook audit`: is every accepted event accounted for?"""

from collections.abc import Iterator

import typer

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.engine.ledger import Outcome
from app.runtime import Runtime
from app.store import outcomes
from app.store.outcomes import Counts

FORGOTTEN = 1
"""Exit code when an event is owed an outcome that nobody works on."""


def audit(*, as_json: AsJson = False) -> None:
    """Add up what became of every accepted event; leaves with 1 when one was forgotten."""
    counts = ask(_count)
    print_answer(document(counts), lines(counts), as_json=as_json)
    if not counts.holds:
        raise typer.Exit(FORGOTTEN)


async def _count(runtime: Runtime) -> Counts:
    counts: Counts = await runtime.database.read(outcomes.counts)
    return counts


def document(counts: Counts) -> dict[str, object]:
    """The counts as a program reads them."""
    return {
        "holds": counts.holds,
        "accepted": counts.accepted,
        "unrouted": counts.unrouted,
        "forgotten": counts.forgotten,
        "lanes": {
            lane: {"accepted": of_lane.total(), **{outcome.value: of_lane[outcome] for outcome in Outcome}}
            for lane, of_lane in counts.lanes.items()
        },
    }


def lines(counts: Counts) -> Iterator[str]:
    """The counts as a person reads them: one sum a lane."""
    yield f"{counts.accepted} events accepted, {counts.unrouted} of them unrouted"
    for lane, of_lane in counts.lanes.items():
        summands = " + ".join(f"{of_lane[outcome]} {outcome}" for outcome in Outcome)
        yield f"{lane}: {of_lane.total()} accepted = {summands}"
    yield "every one is accounted for" if counts.holds else f"{counts.forgotten} FORGOTTEN: please report this"
