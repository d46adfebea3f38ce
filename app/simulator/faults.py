"""Named failures that a test or a person orders for the next calls."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """How a call goes wrong."""

    TOO_MANY = "429"
    """Refused for a limit; not carried out."""
    UNAVAILABLE = "503"
    """Refused in plain text; not carried out."""
    ERROR = "500"
    """Answered with an error; not carried out."""
    ERROR_AFTER_COMMIT = "500-after-commit"
    """Carried out, then answered with an error."""
    SILENCE = "timeout"
    """Not carried out, and no answer for `SILENCE_SECONDS`."""
    SILENCE_AFTER_COMMIT = "timeout-after-commit"
    """Carried out, and no answer for `SILENCE_SECONDS`."""


SILENCE_SECONDS = 60.0
"""Longer than any caller should wait."""


@dataclass(slots=True)
class _Order:
    fault: Fault
    calls: int
    method: str
    path: str

    def fits(self, method: str, path: str) -> bool:
        return self.calls > 0 and self.method in {"", method} and self.path in path


class Faults:
    """The failures still to come, first ordered first served."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []

    def order(self, fault: Fault, calls: int = 1, *, method: str = "", path: str = "") -> None:
        """Let the next `calls` API calls fail; only those of `method` and with `path` in theirs, where given."""
        self._orders.append(_Order(fault, calls, method, path))

    def forget(self) -> None:
        """Let nothing more go wrong."""
        self._orders.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The failure that this call meets, if any."""
        order = next((order for order in self._orders if order.fits(method, path)), None)
        if order is None:
            return None
        order.calls -= 1
        self._orders = [left for left in self._orders if left.calls]
        return order.fault
