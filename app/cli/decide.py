"""`crossbook decide RECORD --take ANSWER`: answer what is asked about a record."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.looking_again import events_about
from app.cli.naming import OfSync, Record, known_one, meant_sync
from app.engine.ledger import Question, Take
from app.engine.topics import is_about, topic_of
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import repairs

Answer = Annotated[Take, typer.Option("--take", help="The answer; crossbook questions tells what each one does.")]
Field = Annotated[str | None, typer.Option(help="Only the question about this field.")]
OfMapping = Annotated[str | None, typer.Option("--mapping", help="Only questions of this mapping.")]


def decide(
    record: Record,
    *,
    take: Answer,
    field: Field = None,
    mapping: OfMapping = None,
    sync: OfSync = None,
    as_json: AsJson = False,
) -> None:
    """Answer the questions about a record, all at once or about one field; the plan follows it at once."""
    tell(ask(lambda runtime: carry_out(runtime, record, take, field, mapping, sync)), as_json=as_json)


async def carry_out(
    runtime: Runtime,
    record: str,
    take: Take,
    field: str | None = None,
    mapping: str | None = None,
    sync: str | None = None,
) -> Told:
    """Keep the answer and have the records looked at.

    Raises `CrossbookError` when it answers nothing that is asked, or what several syncs ask.
    """
    story, database, routes = await known_one(runtime, record), runtime.database, runtime.routes
    asked = [
        each
        for each in story.questions
        if (mapping is None or each.mapping == mapping) and (field is None or is_about(each, field))
    ]
    meant = meant_sync((each.lane for each in asked), sync, str(story.ref))
    asked = [each for each in asked if each.lane.partition("/")[0] == meant]
    if not asked:
        raise CrossbookError(f"nothing is asked about {story.ref}" + (f" and its field {field}" if field else ""))
    answered = [each for each in asked if take in topic_of(each).answers]
    if not answered:
        raise CrossbookError(_unfit(asked, take))
    events = events_about(runtime, dict.fromkeys(each.ref for each in answered))
    lanes = await database.run(lambda conn: repairs.decide(conn, answered, take, events, routes, database.now(conn)))
    for lane in lanes:
        runtime.doorbell.ring(lane)
    topics = [{"record": str(each.ref), "topic": each.topic, "take": take} for each in answered]
    return Told({"decided": topics}, [_line(each, take) for each in answered])


def _line(question: Question, take: Take) -> str:
    return f"{question.topic} of {question.ref} is decided: {topic_of(question).answers[take]}"


def _unfit(asked: Sequence[Question], take: Take) -> str:
    known = {each.topic: ", ".join(topic_of(each).answers) for each in asked}
    told = "; ".join(f"{topic}: {answers}" for topic, answers in known.items())
    return f"{take} is no answer to what is asked; answers are: {told}"
