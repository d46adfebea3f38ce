"""The page of all causes, `docs/errors.md`, made from their table.

`python -m app.engine.causes_page > docs/errors.md` writes it anew after a change of the table.
"""

import sys
from collections.abc import Iterator

from app.engine.causes import CAUSES, Cause, Kind, cause_of

_INTRODUCTION = """\
# Errors

Made from `app/engine/causes.py`; a test keeps the two equal.

Every failure has a code. `crossbook errors` shows it with these words, who can make it good, and the next step; the
vendor's own message stands beside it. In commands, RECORD is an id of Salesforce's or Xero's.
"""

_KINDS = {
    Kind.TRY_AGAIN: "Tried again by itself, with growing pauses; after eight attempts it becomes a dead letter.",
    Kind.SIGN_IN: "The lane waits until somebody signs in again; no record is blamed.",
    Kind.WAIT: "The lane or the record waits, and goes on by itself or when a person says so; no record is blamed.",
    Kind.ASK: "The record that has the name or number is looked for once; where it is not found, a person is asked.",
    Kind.DEAD_LETTER: "Set aside at once: only a person can correct it.",
    Kind.CONFIGURATION: (
        "A permission, a setting or the sync file must be changed. A record whose write is refused so is set aside at "
        "once. Where it is the reading that is refused, the lane waits and goes on by itself within minutes of the "
        "change; no record is blamed."
    ),
}


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(line for kind in Kind for line in _section(kind))])


def _section(kind: Kind) -> Iterator[str]:
    yield f"## {kind.value}\n"
    yield f"{_KINDS[kind]}\n"
    yield "| code | what it means | who can make it good | next step |"
    yield "|---|---|---|---|"
    for code, cause in {**CAUSES, "http_…": cause_of("http_")}.items():
        if cause.kind is kind:
            yield _row(code, cause)
    yield ""


def _row(code: str, cause: Cause) -> str:
    return f"| `{code}` | {cause.words} | {cause.fixer} | {cause.step} |"


if __name__ == "__main__":
    sys.stdout.write(page())
