"""Crossbook as the story meets it: its web address, its command line and what it has put on disk."""

import asyncio
import secrets
from base64 import b64encode

import httpx

from app.cli.demo.stage import Stage
from app.engine.records import System
from app.simulator import demo
from app.store import outcomes
from app.store.database import Database

CALL_SECONDS = 10.0


class Crossbook:
    """What anybody on the network and the operator at the terminal can do, and what an auditor finds."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def forge_webhook(self, contact_id: str) -> int:
        """Send a webhook that Xero never signed; the status of the answer."""
        event = {"resourceId": contact_id, "eventCategory": "CONTACT", "eventType": "UPDATE"}
        events = [{**event, "tenantId": demo.XERO_TENANT_ID}]
        forged = {"events": events, "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "FORGED"}
        headers = {"X-Xero-Signature": b64encode(secrets.token_bytes(32)).decode()}
        url = f"{self._stage.ports.web_url}/webhooks/xero"
        return httpx.post(url, json=forged, headers=headers, timeout=CALL_SECONDS, trust_env=False).status_code

    def knows(self, contact_id: str) -> bool:
        """Whether any event about a contact was ever accepted."""
        return asyncio.run(_knows(self._stage.environment["DATABASE_URL"], contact_id))

    def reconcile(self) -> None:
        """Have `crossbook reconcile` read what the pushes missed."""
        self._stage.command("reconcile", "--json")


async def _knows(database_url: str, contact_id: str) -> bool:
    database = await Database.open(database_url)
    try:
        return bool(await database.read(lambda conn: outcomes.of_record(conn, System.XERO, "Contact", contact_id)))
    finally:
        await database.close()
