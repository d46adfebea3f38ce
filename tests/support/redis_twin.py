"""A Redis in memory that runs the quota's two scripts, can be emptied and can be away."""

from collections.abc import Awaitable, Callable

from redis.exceptions import ConnectionError as RedisConnectionError

from app.engine.ports import Clock


class RedisTwin:
    """Stands in for `redis.asyncio.Redis` where only `eval` is used. `travel` passes the time of one way, if any."""

    def __init__(self, clock: Clock, travel: Callable[[], Awaitable[None]] | None = None) -> None:
        self.away = False
        self.evaluations = 0
        self._clock = clock
        self._travel = travel
        self._kept: dict[str, str] = {}

    def empty(self) -> None:
        """Forget everything, as a restart without persistence does."""
        self._kept.clear()

    async def eval(self, script: str, _keys: int, key: str, *arguments: str) -> list[str] | int:
        """Run one of the scripts, whole."""
        await self._there_or_back()
        result = self._swap(key, *arguments) if "SET" in script else self._read(key)
        await self._there_or_back()
        return result

    async def _there_or_back(self) -> None:
        if self._travel:
            await self._travel()
        if self.away:
            raise RedisConnectionError("away")

    def _read(self, key: str) -> list[str]:
        self.evaluations += 1
        seconds = self._clock.now().timestamp()
        return [str(int(seconds)), str(int(seconds % 1 * 1_000_000)), self._kept.get(key, "")]

    def _swap(self, key: str, before: str, after: str, _life: str) -> int:
        self.evaluations += 1
        if self._kept.get(key, "") != before:
            return 0
        self._kept[key] = after
        return 1
