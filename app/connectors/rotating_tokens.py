"""Access by refresh tokens that rotate: renewed by one process at a time, saved before it is used."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from app.connectors.tokens import Access
from app.engine.credentials import TokenSet, TokenVault
from app.engine.ports import Clock
from app.errors import Doubtful, SignInNeeded, Unreachable

Refresh = Callable[[str, float], Awaitable[TokenSet]]
"""Trade a refresh token for a new set by the loop's time. `Doubtful` when the answer was lost, `SignInNeeded` when
the token is not accepted."""

_AHEAD = timedelta(minutes=5)
_RENEWAL_SECONDS = 30.0
_POLL_SECONDS = 0.25
_POLLS = 40


class RotatingAccess:
    """Keeps one connection's newest token set in the vault and renews it five minutes before it expires.

    `first` is the refresh token of the settings: the start, and the way back after a person has consented anew.
    """

    def __init__(
        self, connection: str, url: str, first: str, *, vault: TokenVault, refresh: Refresh, owner: str, clock: Clock
    ) -> None:
        self._connection = connection
        self._url = url
        self._first = first
        self._vault = vault
        self._refresh = refresh
        self._owner = owner
        self._clock = clock
        self._held: TokenSet | None = None
        self._lock = asyncio.Lock()

    async def current(self, until: float) -> Access:
        if self._held is None or self._ages(self._held):
            return await self._other_than("", until)
        return self._access(self._held)

    async def renewed(self, refused: Access, until: float) -> Access:
        return await self._other_than(refused.token, until)

    async def newer(self, refused: Access) -> Access | None:
        async with self._lock:
            found = await self._newest(refused.token)
        return self._access(found) if found else None

    async def keep_alive(self, idle: timedelta, until: float) -> bool:
        """Renew a set that was last saved longer ago than `idle`, or never; whether that was done.

        An unused refresh token ends after 60 days at Xero. Nothing is done where nobody has connected yet.
        """
        kept = await self._vault.load(self._connection)
        if kept is None and not self._first:
            return False
        if kept and kept.saved_at and self._clock.now() - kept.saved_at <= idle:
            return False
        await self._other_than(kept.access_token if kept else "", until)
        return True

    async def _other_than(self, refused: str, until: float) -> Access:
        async with self._lock:
            for _ in range(_POLLS):
                if found := await self._newest(refused):
                    return self._access(found)
                if await self._vault.begin_refresh(self._connection, self._owner, _RENEWAL_SECONDS):
                    return self._access(await self._renew(refused, until))
                await self._clock.sleep(_POLL_SECONDS)
            raise Unreachable("another process is still renewing the sign-in")

    async def _newest(self, refused: str) -> TokenSet | None:
        """The newest set, from here or from the vault, if it is young and not the refused one."""
        if not self._usable(self._held, refused):
            self._held = await self._vault.load(self._connection) or self._held
        return self._held if self._usable(self._held, refused) else None

    async def _renew(self, refused: str, until: float) -> TokenSet:
        try:
            if found := await self._newest(refused):
                return found
            return await self._renewed_set(until)
        except Unreachable:
            if self._held and self._held.access_token != refused and self._held.expires_at > self._clock.now():
                return self._held
            raise
        finally:
            await self._vault.end_refresh(self._connection, self._owner)

    async def _renewed_set(self, until: float) -> TokenSet:
        refusal = SignInNeeded("there is no refresh token; somebody must connect first")
        async for token, generation in self._candidates():
            try:
                granted = await self._granted(token, until)
            except SignInNeeded as error:
                refusal = error
            else:
                return await self._saved(granted, generation)
        raise refusal

    async def _candidates(self) -> AsyncIterator[tuple[str, int]]:
        """The refresh tokens worth trying: the vault's, the vault's again if it has changed, the settings'."""
        tried = set[str]()
        for in_settings in (False, False, True):
            kept = await self._vault.load(self._connection)
            newest = kept.refresh_token if kept else None
            token = self._first if in_settings else newest or self._first
            if token and token not in tried:
                tried.add(token)
                yield token, kept.generation if kept else 0

    async def _granted(self, refresh_token: str, until: float) -> TokenSet:
        """A new set. When the answer was lost, the same token still works for half an hour: use it again at once."""
        try:
            return await self._refresh(refresh_token, until)
        except Doubtful:
            return await self._granted_again(refresh_token, until)

    async def _granted_again(self, refresh_token: str, until: float) -> TokenSet:
        try:
            return await self._refresh(refresh_token, until)
        except Doubtful as error:
            raise Unreachable("the token service does not answer") from error

    async def _saved(self, granted: TokenSet, generation: int) -> TokenSet:
        """`granted` once it is safe in the vault, or what somebody else saved meanwhile."""
        await self._vault.save(self._connection, granted, generation)
        kept = await self._vault.load(self._connection)
        if kept is None:
            raise Unreachable("the new tokens could not be kept")
        self._held = kept
        return kept

    def _usable(self, held: TokenSet | None, refused: str) -> bool:
        return held is not None and held.access_token != refused and not self._ages(held)

    def _ages(self, held: TokenSet) -> bool:
        return self._clock.now() >= held.expires_at - _AHEAD

    def _access(self, held: TokenSet) -> Access:
        return Access(held.access_token, self._url, held.expires_at - _AHEAD, held.user)
