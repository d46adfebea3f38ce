"""`crossbook dismiss RECORD`: put a dead letter or a question away."""

from collections.abc import Sequence

from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.cli.naming import OfSync, Record, known_one, meant_sync
from app.engine.ledger import Question
from app.errors import CrossbookError
from app.runtime import Runtime
from app.store import repairs
from app.store.stories import Story


def dismiss(record: Record, *, sync: OfSync = None, as_json: AsJson = False) -> None:
    """Put away what is wrong with a record or asked about it; it comes back when the record changes."""
    tell(ask(lambda runtime: carry_out(runtime, record, sync)), as_json=as_json)


async def carry_out(runtime: Runtime, record: str, sync: str | None = None) -> Told:
    """Dismiss the dead letters of a record, and leave as it is what is asked about it, in one sync."""
    story, database = await known_one(runtime, record), runtime.database
    wrong = [*(each.lane for each in story.standing if each.dead_at), *(each.lane for each in story.questions)]
    meant = meant_sync(wrong, sync, str(story.ref))
    dead = [each.lane for each in story.standing if each.dead_at and each.lane.partition("/")[0] == meant]
    questions = [each for each in story.questions if each.lane.partition("/")[0] == meant]
    lanes = await database.run(
        lambda conn: [lane for lane in dead if repairs.dismiss(conn, lane, story.ref, database.now(conn))]
    )
    asked = await database.run(lambda conn: repairs.leave(conn, questions, database.now(conn)))
    if not lanes and not asked:
        raise CrossbookError(f"there is neither a dead letter nor a question about {story.ref}")
    for lane in {each.lane for each in asked}:
        runtime.doorbell.ring(lane)
    return Told(_document(story, lanes, asked), [*(_dead(story, lane) for lane in lanes), *map(_asked, asked)])


def _document(story: Story, lanes: list[str], asked: Sequence[Question]) -> dict[str, object]:
    topics = [{"lane": each.lane, "topic": each.topic} for each in asked]
    return {"record": str(story.ref), "dead": lanes, "questions": topics}


def _dead(story: Story, lane: str) -> str:
    return f"{story.ref} is put away in {lane}; it comes back when it changes, or with crossbook replay {story.ref.id}"


def _asked(question: Question) -> str:
    return f"the question {question.topic} about {question.ref} is put away; it is asked again when the record changes"
