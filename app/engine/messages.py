"""Messages: the words in which people are told of troubles."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.engine.notices import Notice, Owes


class Mood(StrEnum):
    """What a message is about."""

    TROUBLE = "trouble"
    RECOVERY = "recovery"
    DIGEST = "digest"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    title: str
    body: str
    mood: Mood


def message(owing: Sequence[Notice], place: str) -> Message:
    """One message of all that is owed, the troubles first; `place` is where this Crossbook is."""
    begun = [each for each in owing if each.owes is Owes.BEGINNING]
    over = [each for each in owing if each.owes is Owes.END]
    title = _title(begun, over)
    lines = [*_lines(begun), *(f"over: {each.words}" for each in over)]
    return Message(title, _body(lines, place), Mood.TROUBLE if begun else Mood.RECOVERY)


def digest(gathered: Sequence[Notice], standing: Iterable[Notice], place: str) -> Message:
    """One message of all that was gathered, and of what stands besides."""
    lines = [line for each in gathered for line in _gathered_lines(each)]
    others = [each for each in standing if each.key not in {one.key for one in gathered}]
    lines += [f"still: {each.words}" for each in others]
    return Message("Crossbook: what has come together", _body(lines, place), Mood.DIGEST)


def trial(place: str) -> Message:
    """A message by which a person sees that an address works."""
    return Message(
        "Crossbook: a test", _body(["This is a test. Notices of troubles arrive like this."], place), Mood.TEST
    )


def _title(begun: Sequence[Notice], over: Sequence[Notice]) -> str:
    match (len(begun), len(over)):
        case (1, 0):
            return f"Crossbook: {begun[0].kind.in_short} ({begun[0].subject})"
        case (0, 1):
            return f"Crossbook: over: {over[0].kind.in_short} ({over[0].subject})"
        case (new, 0):
            return f"Crossbook: {new} troubles"
        case (0, ended):
            return f"Crossbook: {ended} troubles are over"
    return f"Crossbook: troubles: {len(begun)}, over: {len(over)}"


def _lines(begun: Iterable[Notice]) -> Iterator[str]:
    for each in begun:
        yield f"{each.words}{'; it is over by now' if each.ended_at else ''}"
        if not each.ended_at:
            yield f"  what to do: {each.remedy}"


def _gathered_lines(each: Notice) -> Iterator[str]:
    again = "once" if each.untold == 1 else f"{each.untold:,} times"
    what = f"{each.untold:,} more" if each.kind.is_counted else f"came back {again}"
    yield f"{each.words} [{what}{', over by now' if each.ended_at else ''}]"
    if not each.ended_at:
        yield f"  what to do: {each.remedy}"


def _body(lines: Iterable[str], place: str) -> str:
    return "\n".join([*lines, *([f"Crossbook at {place}"] if place else [])])
