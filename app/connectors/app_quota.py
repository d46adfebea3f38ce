"""The permits that all organisations of one app share."""

from dataclasses import dataclass, field

from app.connectors import app_ledger as rules
from app.connectors.quota_ledger import MINUTE, Denial, Ledger, Limits, park
from app.connectors.quota_store import Store, Turned
from app.engine.events import Priority


@dataclass(slots=True)
class AppQuota:
    """An app's minute over all its organisations, each of whose quotas takes a place here, too.

    `held` is when the place of each permit of this process frees.
    """

    store: Store
    held: dict[str, int] = field(default_factory=dict[str, int])

    async def look(self) -> None:
        """Notice a lost count now, so that waiting for it goes on while the organisation waits, too."""
        await self.store.turn(lambda ledger, _limits, _now: ledger)

    async def reserve(self, permits: tuple[str, ...], priority: Priority) -> Turned:
        """Places for all of `permits`, or none. They lapse unused after a minute."""
        after, now = await self.store.turn(
            lambda ledger, limits, now: rules.take(ledger, limits, len(permits), now + MINUTE, priority, now)
        )
        if isinstance(after, Ledger):
            self.held.update(dict.fromkeys(permits, now + MINUTE))
        return after, now

    async def depart(self, permit: str, priority: Priority) -> Turned:
        """Hold the place of a call until it must have ended; take one now where none is reserved any more."""
        reserved_until = self.held.get(permit, 0)

        def board(ledger: Ledger, limits: Limits, now: int) -> Ledger | Denial:
            if reserved_until > now:
                ledger = rules.put(ledger, -1, reserved_until)
            return rules.take(ledger, limits, 1, _lost(limits, now), priority, now)

        after, now = await self.store.turn(board)
        if isinstance(after, Ledger):
            self.held[permit] = _lost(self.store.limits, now)
        return after, now

    async def land(self, permit: str, minute_left: int | None, park_seconds: float | None) -> None:
        """The call is over: its place frees in a minute. `park_seconds` is how long the vendor refuses the app."""
        until = self.held.pop(permit, 0)

        def landed(ledger: Ledger, limits: Limits, now: int) -> Ledger:
            if until > now:
                ledger = rules.put(rules.put(ledger, -1, until), 1, now + MINUTE)
            ledger = rules.believe(ledger, limits, minute_left, now)
            if park_seconds is None:
                return ledger
            return park(ledger, now + int(park_seconds * 1000), "the app's limit is reached")

        await self.store.turn(landed)

    async def give_back(self, permits: tuple[str, ...]) -> None:
        """Reserved places that were not used."""
        ends = [self.held.pop(permit) for permit in permits if permit in self.held]

        def given_back(ledger: Ledger, _: Limits, now: int) -> Ledger:
            for until in ends:
                ledger = rules.put(ledger, -1, until) if until > now else ledger
            return ledger

        if ends:
            await self.store.turn(given_back)


def _lost(limits: Limits, now: int) -> int:
    return now + int(limits.flight_seconds * 1000) + MINUTE
