"""What arrives at the door, and what it is understood to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.engine.events import Event, SequenceRange


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it arrived, whoever sent it.

    `headers` are raw, their names lower case; what was sent more than once is joined by a comma. `secret` is the one
    in the path, empty where the path has none.
    """

    body: bytes = field(repr=False)
    arrived_at: datetime
    headers: Mapping[str, bytes] = field(repr=False, default_factory=dict[str, bytes])
    secret: str = field(repr=False, default="")

    def header(self, name: str) -> bytes:
        """The header's raw value; empty where it was not sent."""
        return self.headers.get(name, b"")


@dataclass(frozen=True, slots=True)
class Push:
    """What an authentic sender said.

    `unreadable` counts elements that could not be understood, `gone` those whose record was deleted before the push
    was sent. `previous_key` tells that it was signed with a key that is not the first of its list any more.
    """

    connection: str
    events: tuple[Event, ...]
    sequence: SequenceRange | None = None
    unreadable: int = 0
    gone: int = 0
    previous_key: bool = False
