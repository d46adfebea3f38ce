"""Access to a vendor's API: one sign-in at a time, shared by every call of the process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.engine.ports import Clock


@dataclass(frozen=True, slots=True)
class Access:
    """What a call signs in with. `url` is the API's root; `stale_at`, if known, is when to renew ahead of need.

    `user` is whom the vendor names as the writer of what is written with it, "" where it names nobody.
    """

    token: str = field(repr=False)
    url: str
    stale_at: datetime | None = None
    user: str = ""


class AccessSource(Protocol):
    """Where calls get their access from. `until` is the event loop's time by which it must be there.

    Both raise `SignInNeeded` when a person must act, `Unreachable` when the token service does not answer.
    """

    async def current(self, until: float) -> Access:
        """The access to use now."""
        ...

    async def renewed(self, refused: Access, until: float) -> Access:
        """Another access than `refused`, which the vendor did not accept."""
        ...

    async def newer(self, refused: Access) -> Access | None:
        """An access that came from elsewhere meanwhile, as after a person has connected again; renews nothing."""
        ...


class SharedAccess:
    """Signs in with what is always at hand (client credentials) and keeps the access in this process."""

    def __init__(self, sign_in: Callable[[float], Awaitable[Access]], clock: Clock) -> None:
        self._sign_in = sign_in
        self._clock = clock
        self._held: Access | None = None
        self._lock = asyncio.Lock()

    async def current(self, until: float) -> Access:
        if self._held and not self._stale(self._held):
            return self._held
        return await self._other_than(self._held, until)

    async def renewed(self, refused: Access, until: float) -> Access:
        return await self._other_than(refused, until)

    async def newer(self, refused: Access) -> Access | None:
        return self._held if self._held != refused else None

    async def _other_than(self, refused: Access | None, until: float) -> Access:
        async with self._lock:
            if self._held is None or self._held == refused or self._stale(self._held):
                self._held = await self._sign_in(until)
            return self._held

    def _stale(self, access: Access) -> bool:
        return access.stale_at is not None and self._clock.now() >= access.stale_at
