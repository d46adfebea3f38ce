"""Xero's limits for one app on one organisation: calls a minute, a day, and in flight."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.ports import Clock

IN_FLIGHT = 5
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class LimitBroken(Exception):
    """A limit is broken; `retry_after_seconds` is None where Xero gives no hint."""

    def __init__(self, problem: str, retry_after_seconds: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


@dataclass(slots=True)
class Window:
    """A fixed window that starts with its first call."""

    problem: str
    limit: int
    span: timedelta
    started_at: datetime | None = None
    used: int = 0

    def turn(self, now: datetime) -> None:
        """Begin anew when the span is over."""
        if self.started_at is None or now >= self.started_at + self.span:
            self.started_at, self.used = now, 0

    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def ends_in_seconds(self, now: datetime) -> int:
        """Whole seconds, rounded up, until the window ends."""
        left = (self.started_at or now) + self.span - now
        return max(1, -(-left // timedelta(seconds=1)))


class Limits:
    """What one app has used on the organisation. Counts every refusal."""

    def __init__(self, clock: Clock, daily_limit: int) -> None:
        self._clock = clock
        self.minute = Window("minute", 60, MINUTE)
        self.day = Window("day", daily_limit, DAY)
        self.app_minute = Window("appminute", 10_000, MINUTE)
        self._in_flight = 0
        self.refusals: Counter[str] = Counter()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count one call while it runs. Raises LimitBroken, and then counts nothing but the refusal."""
        self._check()
        for window in self._windows():
            window.used += 1
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def headers(self) -> dict[str, str]:
        """What every answer tells about the limits."""
        now = self._clock.now()
        for window in self._windows():
            window.turn(now)
        return {
            "X-MinLimit-Remaining": str(self.minute.remaining()),
            "X-DayLimit-Remaining": str(self.day.remaining()),
            "X-AppMinLimit-Remaining": str(self.app_minute.remaining()),
        }

    def _windows(self) -> tuple[Window, ...]:
        return (self.day, self.minute, self.app_minute)

    def _check(self) -> None:
        now = self._clock.now()
        if self._in_flight >= IN_FLIGHT:
            raise self._refusal("concurrent", None)
        for window in self._windows():
            window.turn(now)
            if not window.remaining():
                hint = None if window is self.app_minute else window.ends_in_seconds(now)
                raise self._refusal(window.problem, hint)

    def _refusal(self, problem: str, retry_after_seconds: int | None) -> LimitBroken:
        self.refusals[problem] += 1
        return LimitBroken(problem, retry_after_seconds)
