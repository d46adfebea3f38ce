"""The tokens that a connection signs in with, and the vault that keeps them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.mapping.values import System


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a vendor's token service granted. Its text form shows no secret.

    `refresh_token` is None where the grant has none (client credentials). `generation` is how often the connection's
    tokens had been saved when this set was loaded, `saved_at` when; a set that was just granted has 0 and None. `user`
    is whom the vendor names as the writer of what is written with it, "" where it names nobody.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    generation: int = 0
    user: str = ""
    saved_at: datetime | None = None


def vault_name(system: System, connection: str) -> str:
    """What the vault calls the tokens of a connection: each system has names of its own."""
    return f"{system}:{connection}"


class TokenVault(Protocol):
    """Where token sets are kept, and who may renew one: a single process at a time.

    To renew: `begin_refresh`; if it was granted, `load` once more (somebody may just have renewed), ask the vendor,
    `save` **before** the new access token is used, `end_refresh`. If it was not granted, wait a little and `load`.
    """

    async def load(self, connection: str) -> TokenSet | None:
        """The connection's newest token set; None before the first was saved. Raises `SignInNeeded` when no key opens
        it: whoever has the key must add it, or somebody connect anew.
        """
        ...

    async def begin_refresh(self, connection: str, owner: str, seconds: float) -> bool:
        """Take the right to renew for `seconds`; False while anybody has it, the same owner too."""
        ...

    async def save(self, connection: str, token_set: TokenSet, expected_generation: int) -> bool:
        """Keep `token_set` as the next generation; False, keeping nothing, when somebody saved since it was loaded.

        `expected_generation` is that of the set which was renewed, 0 when there was none.
        """
        ...

    async def end_refresh(self, connection: str, owner: str) -> None:
        """Give the right to renew back, if `owner` still has it."""
        ...
