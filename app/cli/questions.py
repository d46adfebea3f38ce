"""`crossbook questions`: what must be decided, what each answer does, and what to type."""

from collections.abc import Iterator, Mapping, Sequence

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.telling_why import shown
from app.engine.ledger import Question, Take
from app.engine.topics import besides, facts, field_of, happened, topic_of
from app.mapping.values import Value
from app.runtime import Runtime
from app.store import questions as asked
from app.store.names import names_of

MOST_SHOWN = 100


def questions(*, as_json: AsJson = False) -> None:
    """List what only a person can decide: what happened, what each answer would do, and the command to type."""
    tell(ask(carry_out), as_json=as_json)


async def carry_out(runtime: Runtime) -> Told:
    """The open questions, the oldest first."""
    found = await runtime.database.read(lambda conn: asked.open_questions(conn, limit=None))
    names = await runtime.database.read(lambda conn: names_of(conn, found[:MOST_SHOWN]))
    several = len(runtime.syncs) > 1
    documents = [document(each, several_syncs=several) for each in found]
    return Told({"questions": documents}, list(_lines(found, names, several_syncs=several)))


def document(question: Question, *, several_syncs: bool) -> dict[str, object]:
    """A question as a program reads it."""
    topic = topic_of(question)
    return {
        "record": str(question.ref),
        "lane": question.lane,
        "mapping": question.mapping,
        "topic": question.topic,
        "asked_at": question.asked_at,
        "happened": happened(question),
        "detail": question.detail,
        "answers": [
            {"take": take, "does": does, "command": command(question, take, several_syncs=several_syncs)}
            for take, does in topic.answers.items()
        ],
        "besides": besides(question),
    }


def command(question: Question, take: Take, *, several_syncs: bool) -> str:
    """What to type to give an answer; where there are several syncs, to this one's question alone."""
    field = field_of(question)
    of_field = f" --field {field}" if field else ""
    of_sync = f" --sync {question.lane.partition('/')[0]}" if several_syncs else ""
    return f"crossbook decide {question.ref.id} --take {take}{of_field}{of_sync}"


def _lines(found: Sequence[Question], names: Mapping[str, str], *, several_syncs: bool) -> Iterator[str]:
    if not found:
        yield "there are no open questions"
    for question in found[:MOST_SHOWN]:
        asked_at = f", asked {question.asked_at:%Y-%m-%d %H:%M:%S}" if question.asked_at else ""
        yield f"{question.ref}{_called(names, question.ref)} in {question.lane} ({question.topic}{asked_at})"
        yield f"  {happened(question)}"
        for name, value in facts(question).items():
            yield f"    {name}: {_with_names(value, names)}"
        for take, does in topic_of(question).answers.items():
            yield f"  {command(question, take, several_syncs=several_syncs)}"
            yield f"    {does}"
        yield f"  {besides(question)}"
    if len(found) > MOST_SHOWN:
        yield f"and {len(found) - MOST_SHOWN} more; crossbook questions --json lists them all"


def _with_names(value: Value, names: Mapping[str, str]) -> str:
    """A value as people read it; a record with what it is called."""
    if isinstance(value, list):
        return ", ".join(_with_names(each, names) for each in value)
    called = _called(names, value)
    return f"{value}{called}" if called else shown(value)


def _called(names: Mapping[str, str], ref: object) -> str:
    return f" {name}" if (name := names.get(str(ref))) else ""
