"""`crossbook why RECORD`: what is known of a record, what was decided about it, and why."""

from app.cli.answers import AsJson, print_answer
from app.cli.asking import ask
from app.cli.naming import Record, known
from app.cli.telling_why import document, lines


def why(record: Record, *, as_json: AsJson = False) -> None:
    """Tell what is known of a record, what was decided about it, and why; also why nothing was."""
    found = ask(lambda runtime: known(runtime, record))
    told = {"records": [document(story) for story in found]}
    print_answer(told, (line for story in found for line in lines(story)), as_json=as_json)
