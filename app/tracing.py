"""Tracing as a port: what happens is told as spans to whoever listens, and mostly nobody does.

A span holds what a line of the log may hold: words of ours, ids and numbers, never a name, a body or a vendor's words.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import Protocol

Fact = str | int | float | bool

NO_FACTS: Mapping[str, Fact] = {}


class Kind(StrEnum):
    """What a span is to the process: something asked of it, work taken from a queue, a call it makes, or a part."""

    SERVER = "server"
    CONSUMER = "consumer"
    CLIENT = "client"
    INTERNAL = "internal"


class Span(Protocol):
    """Something that takes time."""

    @property
    def traceparent(self) -> str | None:
        """Its place in its trace, as W3C writes it, for what follows from it elsewhere; None where nobody listens."""
        ...

    def note(self, facts: Mapping[str, Fact]) -> None:
        """Add what is known by now."""
        ...


class Tracer(Protocol):
    """Tells of spans. The span of a block is the parent of those that begin within it."""

    @property
    def listens(self) -> bool:
        """Whether anybody does."""
        ...

    def now(self) -> int:
        """The present, for `since`."""
        ...

    def span(
        self,
        name: str,
        facts: Mapping[str, Fact] = NO_FACTS,
        *,
        kind: Kind = Kind.INTERNAL,
        since: int | None = None,
        parent: str | None = None,
        links: Sequence[str] = (),
    ) -> AbstractContextManager[Span]:
        """A span for a block, begun at `since`. `parent` and `links` are the traceparents that it follows from.

        An error that leaves the block is told by its kind.
        """
        ...

    def close(self) -> None:
        """Tell what is not told yet. May take seconds."""
        ...


class _Nobody:
    """Fulfils both: a span that is no span, and a tracer that makes it."""

    @property
    def listens(self) -> bool:
        return False

    @property
    def traceparent(self) -> str | None:
        return None

    def now(self) -> int:
        return 0

    def note(self, facts: Mapping[str, Fact]) -> None:
        """Nobody listens."""

    def span(
        self,
        name: str,
        facts: Mapping[str, Fact] = NO_FACTS,
        *,
        kind: Kind = Kind.INTERNAL,
        since: int | None = None,
        parent: str | None = None,
        links: Sequence[str] = (),
    ) -> AbstractContextManager[Span]:
        return self

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody listens."""

    def close(self) -> None:
        """Nobody listens."""


NOBODY_LISTENS: Tracer = _Nobody()


def trace_id(traceparent: str | None) -> str | None:
    """The id of the trace that a traceparent belongs to."""
    return traceparent.split("-")[1] if traceparent else None
