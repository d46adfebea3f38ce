"""Checks of how pushes reach Crossbook: its public address, what is registered at the vendors, what has come."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from app.addresses import LIVENESS
from app.cli.check.finding import Finding, fine, hint, problem
from app.cli.webhooks import Registration, registrations
from app.engine.events import Arrival
from app.settings import Settings

SECONDS = 10.0
"""How long the public address may take to answer."""

_SET = "set PUBLIC_URL to the address that your proxy answers for, such as https://crossbook.example.com"
_PROXY = "see that the name leads to this machine, and that the proxy has a certificate and passes on to {place}"
_WEBHOOKS = "crossbook webhooks tells what to register, and how"


async def of_address(settings: Settings, client: httpx.AsyncClient) -> AsyncIterator[Finding]:
    """Whether the public address leads here, over HTTPS."""
    address = settings.public_url.rstrip("/")
    if not address:
        yield hint("public address", "no_address", "there is none: only reconcile notices changes", _SET)
        return
    if not address.startswith("https://") and not _is_loopback(address):
        yield problem("public address", "plain_address", f"{address} is not HTTPS, and pushes carry secrets", _SET)
        return
    yield await _answering(settings, address, client)


async def _answering(settings: Settings, address: str, client: httpx.AsyncClient) -> Finding:
    remedy = _PROXY.format(place=f"{settings.host}:{settings.port}")
    try:
        answer = await client.get(f"{address}{LIVENESS}", timeout=SECONDS)
    except httpx.HTTPError as error:
        return problem("public address", "unreachable", f"{address} cannot be reached from here: {error}", remedy)
    if not answer.is_success or answer.text.replace(" ", "") != '{"alive":true}':
        words = f"something else than Crossbook answers at {address} ({answer.status_code})"
        return problem("public address", "other_address", words, remedy)
    return fine("public address", "address", f"{address} leads to a Crossbook")


def of_webhooks(settings: Settings, heard: Mapping[Arrival, datetime]) -> list[Finding]:
    """What has been registered and heard of, for each kind of push. Change events are an extra."""
    return [_of_webhook(each) for each in registrations(settings, heard) if not each.is_extra or each.heard_at]


def _of_webhook(each: Registration) -> Finding:
    area = f"{each.system} {each.connection}"
    if each.missing:
        return hint(area, "no_secret", f"nobody can push to {each.route}: {each.missing} is empty", _WEBHOOKS)
    if each.heard_at is None:
        return hint(area, "no_push", f"no verified push has come to {each.route} yet", _WEBHOOKS)
    return fine(area, "push", f"the last verified push to {each.route} came at {each.heard_at:%Y-%m-%d %H:%M} UTC")


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
