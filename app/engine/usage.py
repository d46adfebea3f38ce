"""What was used of a vendor on one day, as it is put down."""

from dataclasses import dataclass
from datetime import datetime

from app.mapping.values import System


@dataclass(frozen=True, slots=True)
class Tally:
    """What a connection used on a day (UTC): answered calls, and bytes read out of the vendor.

    `calls_left` is what the vendor last said is left of the day's calls, at `told_at`; None where it said nothing.
    """

    system: System
    connection: str
    day: str
    calls: int = 0
    bytes_out: int = 0
    calls_left: int | None = None
    told_at: datetime | None = None

    def plus(self, bytes_out: int, calls_left: int | None, at: datetime) -> "Tally":
        """The same with one more call, answered at `at`."""
        left, told_at = (self.calls_left, self.told_at) if calls_left is None else (calls_left, at)
        calls = self.calls + 1
        return Tally(self.system, self.connection, self.day, calls, self.bytes_out + bytes_out, left, told_at)
