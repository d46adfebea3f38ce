"""A token vault in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.engine.credentials import TokenSet


@dataclass
class Vault:
    """Keeps token sets in memory, by the rules of the port."""

    kept: TokenSet | None = None
    refreshing: str | None = None
    history: list[TokenSet] = field(default_factory=list[TokenSet])
    now: Callable[[], datetime | None] = lambda: None

    async def load(self, connection: str) -> TokenSet | None:
        return self.kept

    async def begin_refresh(self, connection: str, owner: str, seconds: float) -> bool:
        if self.refreshing not in {None, owner}:
            return False
        self.refreshing = owner
        return True

    async def save(self, connection: str, token_set: TokenSet, expected_generation: int) -> bool:
        if (self.kept.generation if self.kept else 0) != expected_generation:
            return False
        self.kept = replace(token_set, generation=expected_generation + 1, saved_at=self.now())
        self.history.append(self.kept)
        return True

    async def end_refresh(self, connection: str, owner: str) -> None:
        if self.refreshing == owner:
            self.refreshing = None
