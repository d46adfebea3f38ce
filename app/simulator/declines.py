"""Refusals that a test orders for the next write of a record."""

from collections import defaultdict
from typing import Generic, TypeVar

Reason = TypeVar("Reason")


class Declines(Generic[Reason]):
    """The refusals still to come, first ordered first served. A person's writes meet none of them."""

    def __init__(self) -> None:
        self._ordered: defaultdict[str | None, list[Reason]] = defaultdict(list)

    def order(self, reason: Reason, record_id: str | None = None) -> None:
        """Refuse the next write of this record for `reason`; None: the next new record."""
        self._ordered[record_id].append(reason)

    def take(self, record_id: str | None) -> Reason | None:
        """The reason to refuse this write, if any."""
        ordered = self._ordered.get(record_id)
        return ordered.pop(0) if ordered else None
