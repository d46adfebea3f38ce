"""Send messages to the addresses of NOTICE_URLS, by Apprise: mail, chat, telephone, a web address of one's own."""

import asyncio
from collections.abc import Mapping, Sequence

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, PersistentStoreMode
from pydantic import SecretStr

from app.engine.messages import Message, Mood

SECONDS = 30.0
"""How long one address may take."""

_TYPES: Mapping[Mood, NotifyType] = {
    Mood.TROUBLE: NotifyType.WARNING,
    Mood.RECOVERY: NotifyType.SUCCESS,
    Mood.DIGEST: NotifyType.INFO,
    Mood.TEST: NotifyType.INFO,
}


class Postman:
    """Sends each message to every address; an address that fails keeps no other from getting it."""

    def __init__(self, addresses: Sequence[SecretStr], limit_seconds: float = SECONDS) -> None:
        self._addresses = [_opened(address) for address in addresses]
        self._limit_seconds = limit_seconds

    @property
    def unreadable(self) -> tuple[int, ...]:
        """Which addresses Apprise cannot read, counted from one."""
        return tuple(number for number, each in enumerate(self._addresses, start=1) if each is None)

    def __len__(self) -> int:
        return len(self._addresses)

    async def send(self, message: Message) -> tuple[bool, ...]:
        """Whether each address took the message, in the order of the settings."""
        return tuple(await asyncio.gather(*(self._sent(each, message) for each in self._addresses)))

    async def _sent(self, address: Apprise | None, message: Message) -> bool:
        if address is None:
            return False
        try:
            async with asyncio.timeout(self._limit_seconds):
                return await asyncio.to_thread(_notify, address, message)
        except TimeoutError:
            return False


def _opened(address: SecretStr) -> Apprise | None:
    asset = AppriseAsset(
        storage_mode=PersistentStoreMode.MEMORY, service_timeout=SECONDS, allow_templates=False, secure_logging=True
    )
    asset.app_id, asset.app_desc, asset.app_url = "Crossbook", "Crossbook", ""
    asset.async_mode, asset.http_redirects = False, False
    opened = Apprise(asset=asset)
    return opened if opened.add(address.get_secret_value()) and len(opened) else None


def _notify(address: Apprise, message: Message) -> bool:
    sent = address.notify(
        title=message.title, body=message.body, notify_type=_TYPES[message.mood], body_format=NotifyFormat.TEXT
    )
    return bool(sent)
