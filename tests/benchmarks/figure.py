"""A figure: what was measured, with its settings and what it must at least or at most be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one run. Without a bound it is told and promises nothing."""

    what: str
    value: float
    unit: str
    settings: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is within its bounds."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def bound(self) -> str:
        """What it must be, as people read it."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""
