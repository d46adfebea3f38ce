"""A clock that stands still until a test turns it."""

from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Fulfils `app.engine.ports.Clock`: `sleep` lets time pass at once."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Let `seconds` pass; the new time."""
        self._now += timedelta(seconds=seconds)
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
