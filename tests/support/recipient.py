"""Whoever is told of troubles, by addresses that may fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from app.engine.messages import Message
from app.runtime import Runtime


@dataclass
class Recipient:
    """Keeps what it was sent. `takes` says of each address whether it takes a message."""

    takes: Sequence[bool] = (True,)
    got: list[Message] = field(default_factory=list[Message])
    tries: int = 0

    async def send(self, message: Message) -> Sequence[bool]:
        self.tries += 1
        if any(self.takes):
            self.got.append(message)
        return self.takes

    @property
    def titles(self) -> list[str]:
        return [each.title.removeprefix("Crossbook: ") for each in self.got]


def addressed(runtime: Runtime) -> Runtime:
    """The runtime where the settings name somebody to tell."""
    changed = {"notice_urls": (SecretStr("json://127.0.0.1/"),), "public_url": "https://crossbook.example"}
    return replace(runtime, settings=runtime.settings.model_copy(update=changed))
