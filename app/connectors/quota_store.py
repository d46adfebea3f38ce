"""Where a quota ledger is kept: in this process, or in Redis for all processes together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, TypeAlias, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.connectors.quota_ledger import DAY, MINUTE, Denial, Ledger, Limits, park
from app.connectors.quota_loss import joined, lost, merge, told
from app.engine.ports import Clock

Turn: TypeAlias = Callable[[Ledger, Limits, int], Ledger | Denial]
"""One step of the ledger: from what it is, the limits and the present to what it becomes, or why not."""

Turned: TypeAlias = tuple[Ledger | Denial, int]
"""What came of a turn, and the present in milliseconds by the store's own clock."""

_READ = "local t = redis.call('TIME') return {t[1] .. '', t[2] .. '', redis.call('GET', KEYS[1]) or ''}"
_SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
_SWAPS = 50
_OUT_OF_REACH = "the shared count is out of reach"
_LIFE = DAY + 10 * MINUTE


class Store(Protocol):
    """Keeps one ledger and changes it a turn at a time."""

    @property
    def limits(self) -> Limits:
        """What the ledger is held against, when all processes count together."""
        ...

    async def turn(self, turn: Turn) -> Turned:
        """Look and write together: nobody else's turn comes between."""
        ...


class LocalStore:
    """A ledger that only this process knows."""

    def __init__(self, limits: Limits, clock: Clock, ledger: Ledger | None = None) -> None:
        self._limits = limits
        self._clock = clock
        self.ledger = ledger or Ledger()

    @property
    def limits(self) -> Limits:
        return self._limits

    async def turn(self, turn: Turn) -> Turned:
        now = milliseconds(self._clock)
        after = turn(self.ledger.at(now), self._limits, now)
        if isinstance(after, Ledger):
            self.ledger = after
        return after, now


class SharedStore:
    """A ledger in Redis, swapped whole by a script only if nobody else has changed it.

    The rules are the same code as without Redis. When Redis does not answer in `patience_seconds`, it is left alone
    for `breaker_seconds` and this process keeps to its share, one in `processes`, by a count of its own. `process` is
    its name, unlike the others'. With `server_time` the time is Redis's own, one clock for all machines.
    """

    def __init__(
        self,
        redis: Redis,
        key: str,
        limits: Limits,
        clock: Clock,
        *,
        process: str = "",
        processes: int = 1,
        patience_seconds: float = 0.5,
        breaker_seconds: float = 10.0,
        server_time: bool = True,
    ) -> None:
        self._redis = redis
        self._key = key
        self._limits = limits
        self._clock = clock
        self._process = process
        self._processes = processes
        self._patience_seconds = patience_seconds
        self._breaker = timedelta(seconds=breaker_seconds)
        self._server_time = server_time
        self._closed_from = clock.now()
        self._seen = Ledger()
        self._alone: LocalStore | None = None

    @property
    def limits(self) -> Limits:
        return self._limits

    async def turn(self, turn: Turn) -> Turned:
        if self._alone and self._clock.now() < self._closed_from:
            return await self._alone.turn(turn)
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._together(turn)
        except (RedisError, OSError):
            return await self._break_off().turn(turn)

    async def _together(self, turn: Turn) -> Turned:
        for _ in range(_SWAPS):
            now, text = await self._read()
            known = _readable(text)
            reconciled = self._reconciled(known, now)
            before = reconciled.at(now)
            after = turn(before, self._limits, now)
            if isinstance(after, Denial) and reconciled is known:
                return after, now
            kept = before if isinstance(after, Denial) else joined(after, self._limits, self._process, now)
            if await self._swapped(text, kept):
                self._seen, self._alone = kept, None
                return after, now
        raise RedisError("the ledger never stood still")

    def _reconciled(self, kept: Ledger | None, now: int) -> Ledger:
        """The ledger as it is kept, with what we know of and it does not."""
        ours = merge(_unsilenced(self._alone.ledger), self._seen) if self._alone else self._seen
        if not kept:
            return self._after_loss(replace(ours.at(now), born=now), now)
        if kept.born != self._seen.born:
            both = merge(ours, kept).at(now)
            return told(both, ours, self._process, self._processes) if self._seen.born else both
        return merge(ours, kept) if self._alone else kept

    def _after_loss(self, ours: Ledger, now: int) -> Ledger:
        """A beginning without the others' counts.

        It is kept even if no call may go, so that all processes know of it. A process that has never seen a count
        takes it for the very beginning.
        """
        if self._processes == 1 or not self._seen.born:
            return replace(ours, heard=False)
        return told(lost(ours, self._limits, now), ours, self._process, self._processes)

    def _break_off(self) -> LocalStore:
        self._closed_from = self._clock.now() + self._breaker
        if self._alone is None:
            ledger = self._seen
            if self._processes > 1:
                ledger = park(ledger, self._quiet_until(milliseconds(self._clock)), _OUT_OF_REACH)
            self._alone = LocalStore(self._limits.share(self._processes), self._clock, ledger)
        return self._alone

    def _quiet_until(self, now: int) -> int:
        return now + MINUTE + int(self._limits.flight_seconds * 1000)

    async def _read(self) -> tuple[int, str]:
        answer = await self._evaluated(_READ)
        seconds, micros, text = answer if isinstance(answer, list) else ("0", "0", "")
        now = int(seconds) * 1000 + int(micros) // 1000
        return (now if self._server_time else milliseconds(self._clock)), _text(text)

    async def _swapped(self, before: str, after: Ledger) -> bool:
        return bool(await self._evaluated(_SWAP, before, after.text(), str(_LIFE)))

    async def _evaluated(self, script: str, *arguments: str) -> list[bytes | str] | int:
        # redis-py types every command as perhaps synchronous
        return await cast("Awaitable[list[bytes | str] | int]", self._redis.eval(script, 1, self._key, *arguments))


def milliseconds(clock: Clock) -> int:
    """The present in whole milliseconds."""
    return int(clock.now().timestamp() * 1000)


def _unsilenced(ledger: Ledger) -> Ledger:
    """`ledger` without the silence that being alone began with: together again, nothing is unknown."""
    return replace(ledger, parked_until=0) if ledger.parked_because == _OUT_OF_REACH else ledger


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _readable(text: str) -> Ledger | None:
    """The ledger that was kept; None where nothing was, or what nobody can read, which is as good as lost."""
    try:
        return Ledger.parse(text) if text else None
    except ValueError:
        return None
