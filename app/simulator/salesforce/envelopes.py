"""How a relay wraps change events and proves who it is."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from app.mapping.values import Fields, Json

Sign = Callable[[str, datetime, bytes], Mapping[str, str]]
"""The headers that prove a post, from its id, its time and its body."""


class Envelope(StrEnum):
    """What stands around an event."""

    EVENTBRIDGE = "eventbridge"
    APPFLOW = "appflow"
    BARE = "bare"


def wrapped(
    event: Fields, envelope: Envelope, *, event_id: str, org_id: str, at: datetime, replay_id: int, bare: bool = False
) -> Json:
    """The event as the relay posts it; with `bare` nothing stands beside the payload."""
    if envelope is Envelope.BARE:
        return event
    header = event["ChangeEventHeader"]
    entity = header.get("entityName", "") if isinstance(header, Mapping) else ""
    beside: Fields = {"schemaId": "simulator", "id": event_id, "event": {"replayId": replay_id}}
    native: Json = {**({} if bare else beside), "payload": event}
    is_native = envelope is Envelope.EVENTBRIDGE
    return {
        "version": "0",
        "id": event_id,
        "detail-type": f"{entity}ChangeEvent",
        "source": f"aws.partner/{'salesforce.com' if is_native else 'appflow'}/{org_id}/0YLSIMULATOR",
        "account": "000000000000",
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "local",
        "resources": [],
        "detail": native if is_native else event,
    }


def standard_webhooks(secret: str) -> Sign:
    """Signatures of the Standard Webhooks scheme; `secret` is `whsec_` and Base64."""
    key = b64decode(secret.removeprefix("whsec_"))

    def sign(post_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
        seconds = str(int(at.timestamp()))
        digest = hmac.digest(key, f"{post_id}.{seconds}.".encode() + body, "sha256")
        return {
            "webhook-id": post_id,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{b64encode(digest).decode()}",
        }

    return sign


def api_key(key: str) -> Sign:
    """A relay that can only send a fixed key."""

    def sign(post_id: str, at: datetime, body: bytes) -> Mapping[str, str]:  # noqa: ARG001 - a fixed key proves all
        return {"X-Api-Key": key}

    return sign
