"""The front door: everything that the webhook routes are given to work with."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.engine.events import Arrival, Event, SequenceRange
from app.engine.ports import Clock
from app.settings import Settings
from app.tracing import NOBODY_LISTENS, Tracer
from app.webhooks.senders import SalesforceSender, XeroSender


class Accept(Protocol):
    """Commits events, the running numbers that they came with, and that their sender was heard, in one transaction.

    Returns once all of it is on disk. Raises `StoreUnavailable` when nothing was accepted.
    """

    def __call__(
        self, events: Sequence[Event], *, sequence: SequenceRange | None, arrival: Arrival
    ) -> Awaitable[object]: ...


class Count(Protocol):
    """Counts a delivery by its route and what came of it, with the seconds that the answer took."""

    def __call__(self, route: str, outcome: str, seconds: float) -> None: ...


def uncounted(route: str, outcome: str, seconds: float) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """Who may push, how much and how slowly, and where their events go."""

    xero: tuple[XeroSender, ...]
    salesforce: tuple[SalesforceSender, ...]
    accept: Accept
    clock: Clock
    max_body_bytes: int
    body_timeout_seconds: float
    count: Count = uncounted
    tracer: Tracer = NOBODY_LISTENS

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        accept: Accept,
        clock: Clock,
        count: Count = uncounted,
        tracer: Tracer = NOBODY_LISTENS,
    ) -> "FrontDoor":
        """The door for the connections in `settings`. Raises `ConfigurationError` on an unusable secret or org id."""
        return cls(
            xero=tuple(XeroSender.of(name, one) for name, one in settings.xero.items()),
            salesforce=tuple(SalesforceSender.of(name, one) for name, one in settings.salesforce.items()),
            accept=accept,
            clock=clock,
            max_body_bytes=settings.max_body_bytes,
            body_timeout_seconds=settings.body_timeout_seconds,
            count=count,
            tracer=tracer,
        )
