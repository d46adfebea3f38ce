"""Xero's limits: calls a minute, a day and in flight on one organisation, and an app's calls a minute over all."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.engine.ports import Clock

IN_FLIGHT = 5
A_MINUTE = 60
APP_MINUTE = 10_000
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class LimitBroken(Exception):
    """A limit is broken; `retry_after_seconds` is None where Xero gives no hint."""

    def __init__(self, problem: str, retry_after_seconds: int | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


@dataclass(slots=True)
class Window:
    """Counts calls. It is fixed: begun by its first call, or `phase_seconds` past each whole span; or it rolls."""

    problem: str
    limit: int
    span: timedelta
    phase_seconds: float | None = None
    rolling: bool = False
    started_at: datetime | None = None
    calls: deque[datetime] = field(default_factory=deque[datetime])

    def turn(self, now: datetime) -> None:
        """Forget the calls that no longer count."""
        if self.rolling:
            while self.calls and self.calls[0] <= now - self.span:
                self.calls.popleft()
            return
        if self.started_at is None or now >= self.started_at + self.span:
            self.started_at = self._start(now)
            self.calls.clear()

    def use(self, now: datetime) -> None:
        """Count one call."""
        self.calls.append(now)

    def leave(self, calls: int, now: datetime) -> None:
        """Count as many calls as leave this many."""
        self.turn(now)
        while self.remaining() > calls:
            self.use(now)

    def remaining(self) -> int:
        return max(0, self.limit - len(self.calls))

    def ends_in_seconds(self, now: datetime) -> int:
        """Whole seconds, rounded up, until there is room again."""
        begun = self.calls[0] if self.rolling and self.calls else self.started_at or now
        return max(1, -(-(begun + self.span - now) // timedelta(seconds=1)))

    def _start(self, now: datetime) -> datetime:
        if self.phase_seconds is None:
            return now
        return now - (now - _EPOCH - timedelta(seconds=self.phase_seconds)) % self.span


class Limits:
    """What one app has used on the organisation. Counts every refusal."""

    def __init__(
        self,
        clock: Clock,
        daily_limit: int,
        app_minute: Window | None = None,
        *,
        phase_seconds: float | None = None,
        rolling: bool = False,
    ) -> None:
        self._clock = clock
        self.minute = Window("minute", A_MINUTE, MINUTE, phase_seconds, rolling)
        self.day = Window("day", daily_limit, DAY, phase_seconds, rolling)
        self.app_minute = app_minute or Window("appminute", APP_MINUTE, MINUTE)
        self._in_flight = 0
        self.refusals: Counter[str] = Counter()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count one call while it runs. Raises LimitBroken, and then counts nothing but the refusal."""
        self._check()
        for window in self._windows():
            window.use(self._clock.now())
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
