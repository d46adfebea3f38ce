"""Counts what each connection uses of its vendor, in memory until it is put down.

A process that crashes loses what it counted since upkeep last put it down: a few seconds.
"""

from datetime import datetime
from typing import NamedTuple

from app.engine.usage import Tally
from app.mapping.values import System


class Used(NamedTuple):
    """What one answered call used: the bytes that count as read out, and the day's calls left if the answer says."""

    bytes_out: int = 0
    calls_left: int | None = None


class Usage:
    """The counts of all connections of this process."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[System, str, str], Tally] = {}
        self._refused_at: dict[tuple[System, str], datetime | None] = {}

    def meter(self, system: System, connection: str) -> "Meter":
        """The meter of one connection."""
        return Meter(self, system, connection)

    def count(self, system: System, connection: str, used: Used, at: datetime) -> None:
        """One more answered call."""
        key = (system, connection, f"{at:%Y-%m-%d}")
        self._tallies[key] = self._tallies.get(key, Tally(*key)).plus(*used, at)

    def take(self) -> list[Tally]:
        """All that was counted since this was last asked."""
        taken, self._tallies = list(self._tallies.values()), {}
        return taken

    def sign_in(self, system: System, connection: str, refused_at: datetime | None) -> None:
        """The sign-in was refused then, or taken: what is known last counts, of refusals the first."""
        before = self._refused_at.get((system, connection))
        self._refused_at[system, connection] = (before or refused_at) if refused_at else None

    def take_sign_ins(self) -> dict[tuple[System, str], datetime | None]:
        """When the sign-in of each connection that was used since this was last asked was refused, None if not."""
        taken, self._refused_at = self._refused_at, {}
        return taken

    def put_back_sign_ins(self, taken: dict[tuple[System, str], datetime | None]) -> None:
        """Tell of these again, where nothing newer is known: they could not be put down."""
        self._refused_at = {**taken, **self._refused_at}

    def put_back(self, taken: list[Tally]) -> None:
        """Count what was taken once more: it could not be put down."""
        for old in taken:
            key = (old.system, old.connection, old.day)
            new = self._tallies.get(key, Tally(*key))
            told = new if new.told_at else old
            calls, bytes_out = old.calls + new.calls, old.bytes_out + new.bytes_out
            self._tallies[key] = Tally(*key, calls, bytes_out, told.calls_left, told.told_at)


class Meter:
    """Counts the calls of one connection, and notes whether its sign-in is taken."""

    def __init__(self, usage: Usage, system: System, connection: str) -> None:
        self._usage = usage
        self._system = system
        self._connection = connection

    def count(self, used: Used, at: datetime) -> None:
        """One more call, answered at `at`."""
        self._usage.count(self._system, self._connection, used, at)

    def refused(self, at: datetime) -> None:
        """The vendor refused the sign-in at `at`."""
        self._usage.sign_in(self._system, self._connection, at)

    def accepted(self) -> None:
        """The vendor took the sign-in."""
        self._usage.sign_in(self._system, self._connection, None)
