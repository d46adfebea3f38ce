"""What is wrong with a sync file: all of it at once, each with its place and its remedy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")

Place = tuple[str | int, ...]
"""Where something stands in a sync file: the keys and positions that lead to it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong at a place, and what the operator can do about it."""

    place: Place
    problem: str
    remedy: str


class Wrong(Exception):
    """Something in a sync file is wrong; whoever knows the place makes a finding of it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(slots=True)
class Findings:
    """The findings so far, in the order in which they were made."""

    made: list[Finding] = field(default_factory=list[Finding])

    def add(self, place: Place, problem: str, remedy: str) -> None:
        """Note one finding."""
        self.made.append(Finding(place, problem, remedy))

    def attempt(self, place: Place, make: Callable[[], T]) -> T | None:
        """What `make` makes, or None and a finding at `place` when it is `Wrong`."""
        try:
            return make()
        except Wrong as wrong:
            self.add(place, wrong.problem, wrong.remedy)
            return None


def spell(place: Place) -> str:
    """`place` as people read it, such as `mappings.customers.fields[2].xero`. Positions count from 1."""
    spelled = ""
    for step in place:
        spelled += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return spelled.removeprefix(".") or "the file"


def suggest(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown `word`: the likeliest known one, or all of them."""
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f"did you mean {folded[close[0]]}?" if close else f"known are: {', '.join(names)}."
