"""Supervision: what ends is started again, later the oftener it ends, and all of it is stopped in good order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

LONGEST_PAUSE_SECONDS = 30.0
"""How long at most nobody starts a program again that ends time and again."""

WELL_SECONDS = 60.0
"""A program that has run for so long is taken for well: its next end counts as the first."""

log = structlog.get_logger("run")


@dataclass(frozen=True, slots=True)
class Program:
    """Something to be kept running. It may take `grace_seconds` to stop when asked."""

    name: str
    command: Sequence[str]
    grace_seconds: float


class Running(Protocol):
    """A program that was started."""

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        ...

    def stop(self) -> None:
        """Ask it to stop; kill it after its grace."""
        ...


@dataclass(slots=True)
class _Kept:
    program: Program
    running: Running | None
    started_at: float
    again_at: float = 0.0
    ends: int = 0


class Supervisor:
    """Keeps programs running. `start` starts one, `now` is a clock of seconds that never goes back."""

    def __init__(self, start: Callable[[Program], Running], now: Callable[[], float]) -> None:
        self._start = start
        self._now = now
        self._kept: list[_Kept] = []

    def begin(self, programs: Sequence[Program]) -> None:
        """Start all of them, in their order."""
        for program in programs:
            self._kept.append(_Kept(program, self._start(program), self._now()))
            log.info("program.started", target=program.name)

    def look(self) -> None:
        """Note who has ended, and start again whose pause is over."""
        for kept in self._kept:
            if kept.running is None:
                self._start_again(kept)
            elif kept.running.exit_code is not None:
                self._note_end(kept, kept.running)

    def end(self) -> None:
        """Stop everything, the last started first."""
        for kept in reversed(self._kept):
            if kept.running:
                kept.running.stop()
                log.info("program.stopped", target=kept.program.name)
        self._kept.clear()

    def _note_end(self, kept: _Kept, running: Running) -> None:
        now = self._now()
        kept.ends = 1 if now - kept.started_at >= WELL_SECONDS else kept.ends + 1
        kept.again_at, kept.running = now + pause_seconds(kept.ends), None
        log.warning("program.ended", target=kept.program.name, code=running.exit_code, attempts=kept.ends)
        running.stop()

    def _start_again(self, kept: _Kept) -> None:
        if self._now() >= kept.again_at:
            kept.running, kept.started_at = self._start(kept.program), self._now()
            log.info("program.started", target=kept.program.name, attempts=kept.ends)


def pause_seconds(ends: int) -> float:
    """How long a program that has ended so many times in a row is left alone: none the first time, then doubling."""
    return 0.0 if ends <= 1 else min(LONGEST_PAUSE_SECONDS, 2.0 ** min(ends - 2, 9))
