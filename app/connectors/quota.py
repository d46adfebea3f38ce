"""Polite to a vendor: every call takes a permit first, and nothing here ever sleeps a limit out."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.connectors import quota_ledger as rules
from app.connectors.app_quota import AppQuota
from app.connectors.quota_ledger import Denial, Ledger, Limits
from app.connectors.quota_store import Store, Turn
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import OutOfQuota

_SEAT_SECONDS = 0.1
_SEAT_TRIES = 10


class Limit(StrEnum):
    """Which limit a vendor says was broken."""

    MINUTE = "minute"
    DAY = "day"
    CONCURRENT = "concurrent"
    APP_MINUTE = "appminute"


@dataclass(slots=True)
class Flight:
    """One call under a permit, and what its answer says of the limits. `park_seconds` is how long a limit lasts."""

    heard: bool = False
    minute_left: int | None = None
    day_left: int | None = None
    app_minute_left: int | None = None
    broken: Limit | None = None
    park_seconds: float = 0.0


class Quota:
    """The permits of one organisation. `new_id` names each permit, unlike any other process's.

    Where `app` is given, every call needs a place there as well.
    """

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[], str], app: AppQuota | None = None) -> None:
        self._store = store
        self._app = app
        self._clock = clock
        self._new_id = new_id
        self._booking: ContextVar[list[str] | None] = ContextVar("booking", default=None)

    @asynccontextmanager
    async def reserve(self, calls: int, priority: Priority) -> AsyncIterator[None]:
        """Permits for `calls` calls at once, so that a look is never paid for without its write.

        Flights inside the block use them; what is left is given back. Those of a block around this one count, too.
        Raises `OutOfQuota`, having taken none, when not all are to be had.
        """
        around = self._booking.get() or []
        more = [self._new_id() for _ in range(calls - len(around))]
        if more:
            await self._reserved(tuple(more), priority)
        booked = [*around, *more]
        before = self._booking.set(booked)
        try:
            yield
        finally:
            self._booking.reset(before)
            around[:] = [permit for permit in around if permit in booked]
            unused = tuple(permit for permit in more if permit in booked)
            if unused:
                await self._give_back(unused)

    @asynccontextmanager
    async def flight(self, priority: Priority) -> AsyncIterator[Flight]:
        """Hold a permit around one call; tell the `Flight` what the answer said. Raises `OutOfQuota`."""
        booked = self._booking.get()
        permit = booked.pop() if booked else self._new_id()
        await self._boarded(permit, priority)
        flight = Flight()
        try:
            yield flight
        finally:
            await self._landed(permit, flight)

    async def _reserved(self, permits: tuple[str, ...], priority: Priority) -> None:
        try:
            await self._granted(lambda ledger, limits, now: rules.reserve(ledger, limits, permits, priority, now))
        except OutOfQuota:
            if self._app:
                await self._app.look()
            raise
        if self._app:
            try:
                self._require(*await self._app.reserve(permits, priority))
            except OutOfQuota:
                await self._give_back(permits)
                raise

    async def _give_back(self, permits: tuple[str, ...]) -> None:
        await self._store.turn(lambda ledger, _, now: rules.give_back(ledger, permits, now))
        if self._app:
            await self._app.give_back(permits)

    async def _boarded(self, permit: str, priority: Priority) -> None:
        """Take off, or wait very briefly for a call that is about to land."""

        def board(ledger: Ledger, limits: Limits, now: int) -> Ledger | Denial:
            reserved = permit in ledger.places
            held = ledger if reserved else rules.reserve(ledger, limits, (permit,), priority, now)
            return held if isinstance(held, Denial) else rules.depart(held, limits, permit, now)

        await self._granted(board)
        if self._app:
            try:
                self._require(*await self._app.depart(permit, priority))
            except OutOfQuota:
                await self._store.turn(lambda ledger, _, now: rules.cancel(ledger, permit, now))
                raise

    async def _landed(self, permit: str, flight: Flight) -> None:
        await self._store.turn(_landing(permit, flight))
        if self._app:
            refused = flight.park_seconds if flight.broken is Limit.APP_MINUTE else None
            await self._app.land(permit, flight.app_minute_left, refused)

    async def _granted(self, turn: Turn) -> None:
        after, now = await self._store.turn(turn)
        for _ in range(_SEAT_TRIES):
            if not (isinstance(after, Denial) and after.busy):
                break
            await self._clock.sleep(_SEAT_SECONDS)
            after, now = await self._store.turn(turn)
        self._require(after, now)

    def _require(self, after: Ledger | Denial, now: int) -> None:
        """Raise `OutOfQuota` for a denial."""
        if isinstance(after, Denial):
            until = self._clock.now() + timedelta(milliseconds=max(0, after.until - now))
            raise OutOfQuota(f"no permit: {after.reason}", until=until)


def _landing(permit: str, flight: Flight) -> Turn:
    def landed(ledger: Ledger, limits: Limits, now: int) -> Ledger:
        ledger = rules.land(ledger, permit, now, heard=flight.heard)
        ledger = rules.believe(ledger, limits, flight.minute_left, flight.day_left, now)
        if flight.broken is Limit.CONCURRENT:
            return rules.narrow(ledger, limits, now)
        if flight.broken:
            return rules.park(ledger, now + int(flight.park_seconds * 1000), f"{flight.broken} limit")
        return ledger

    return landed
