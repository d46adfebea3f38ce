"""`crossbook retry RECORD`: try dead letters again."""

from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.looking_again import events_about
from app.cli.naming import SomeRecord, named
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import backlog, inbox
from app.store.backlog import DeadLetter

All = Annotated[bool, typer.Option("--all", help="All dead letters.")]
Code = Annotated[str | None, typer.Option(help="All dead letters of this code, as crossbook errors shows it.")]


def retry(record: SomeRecord = None, *, everything: All = False, code: Code = None, as_json: AsJson = False) -> None:
    """Try a dead letter again, or all, or all of one code: once whatever was wrong has been made good."""
    if [record is not None, everything, code is not None].count(True) != 1:
        raise typer.BadParameter("name a record, or say --all, or --code")
    tell(ask(lambda runtime: carry_out(runtime, record, code)), as_json=as_json)


async def carry_out(runtime: Runtime, record: str | None = None, code: str | None = None) -> Told:
    """Have dead letters looked at again by an event of a person's, which revives them."""
    database, routes = runtime.database, runtime.routes
    letters = await database.read(lambda conn: backlog.dead(conn, limit=None, code=code))
    refs = (
        {letter.ref for letter in letters} & set(named(runtime, record)) if record else {each.ref for each in letters}
    )
    if not refs:
        raise CrossbookError(_none(record, code))
    events = events_about(runtime, sorted(refs))
    recorded = await database.run(lambda conn: inbox.record(conn, events, routes, database.now(conn)))
    for lane in recorded.lanes:
        runtime.doorbell.ring(lane)
    again = [letter for letter in letters if letter.ref in refs]
    return Told({"retried": [str(ref) for ref in sorted(refs)]}, [_line(letter) for letter in again])


def _line(letter: DeadLetter) -> str:
    return f"{letter.ref} is tried again in {letter.lane} (it was {letter.code}: {letter.reason})"


def _none(record: str | None, code: str | None) -> str:
    if record:
        return f"{record} is no dead letter; crossbook why {record} tells how it stands"
    return f"there are no dead letters of the code {code}" if code else "there are no dead letters"
