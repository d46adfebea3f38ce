"""Verify a push that is signed by the Standard Webhooks scheme."""

import base64
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from app.webhooks.constant_time import matches_any
from app.webhooks.push import Delivery

TOLERANCE_SECONDS = 300
"""How far the sender's clock and ours may differ, either way."""

_TIMESTAMP = re.compile(rb"[0-9]{1,12}")


def is_signed(delivery: Delivery, keys: Iterable[bytes]) -> bool:
    """Whether one of the signatures was made with one of the `keys` (decoded) at most five minutes from now.

    The scheme signs `id.timestamp.body`; its header lists several signatures, parted by spaces, while a sender
    changes its secret. Whatever the headers hold, the answer is only yes or no.
    """
    timestamp = delivery.header("webhook-timestamp")
    message = b".".join((delivery.header("webhook-id"), timestamp, delivery.body))
    signatures = [_signature(key, message) for key in keys]
    given = delivery.header("webhook-signature").split(b" ")
    matches = [matches_any(one, signatures) for one in given]
    return any(matches) and _is_timely(timestamp, delivery.arrived_at) and bool(delivery.header("webhook-id"))


def _signature(key: bytes, message: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(key, message, "sha256"))


def _is_timely(timestamp: bytes, now: datetime) -> bool:
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
