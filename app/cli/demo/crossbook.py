"""Crossbook as the story meets it from outside: by its web address and its command line."""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable

import httpx

from app.simulator import demo

CALL_SECONDS = 10.0

Command = Callable[..., str]
"""Runs one `crossbook` command as a process; what it printed."""


class Crossbook:
    """What anybody on the network, and the operator at the terminal, can do."""

    def __init__(self, url: str, command: Command) -> None:
        self._url = url
        self._command = command

    def forge_webhook(self, contact_id: str) -> int:
        """Send a webhook that Xero never signed; the status of the answer."""
        event = {
            "resourceId": contact_id,
            "eventCategory": "CONTACT",
            "eventType": "UPDATE",
            "tenantId": demo.XERO_TENANT_ID,
        }
        forged = {"events": [event], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "FORGED"}
        headers = {"X-Xero-Signature": b64encode(secrets.token_bytes(32)).decode()}
        return httpx.post(
            f"{self._url}/webhooks/xero", json=forged, headers=headers, timeout=CALL_SECONDS, trust_env=False
        ).status_code

    def accepted(self) -> int:
        """How many events were ever accepted, as `crossbook audit` counts them."""
        return int(json.loads(self._command("audit", "--json"))["accepted"])

    def reconcile(self) -> None:
        """Have `crossbook reconcile` read what the pushes missed."""
        self._command("reconcile", "--json")
