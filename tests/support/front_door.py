"""A front door with known secrets, an inbox that remembers, and senders that sign as the vendors do."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook
from starlette.applications import Starlette

from app.engine.events import Arrival, Event, SequenceRange
from app.errors import StoreUnavailable
from app.settings import Settings
from app.webhooks.door import FrontDoor
from app.webhooks.routes import routes
from tests.support.clock import VirtualClock

XERO_KEY = "Jx8hSkzDWHO2yeFRPFx3TKTpR4z1mt174IigZXpZ63nagduHLD3KzUxJtG3W4wJ2S7RJ/HLj5xWWpTrIxW5qFg=="
OLD_XERO_KEY = "b2xkLWtleS1vZi10aGUtc2FtZS1hcHA="
TENANT = "11111111-2222-4333-8444-555555555555"

ORG_18 = "00D5Y000001MPM7UAO"
ORG_15 = "00D5Y000001MPM7"
SECRET = "outbound-canary-5f0c7a"
OLD_SECRET = "outbound-canary-previous"
CHANGE_SECRET = "whsec_" + base64.b64encode(b"current change secret").decode()
OLD_CHANGE_SECRET = "whsec_" + base64.b64encode(b"previous change secret").decode()
API_KEY = "api-key-canary-71d2"

OTHER_ORG = "00D000000000002"
OTHER_SECRET = "outbound-canary-of-another-org"
OTHER_API_KEY = "api-key-canary-of-another-org"

ACCOUNT = "0015f00002J9YYEAA3"

SETTINGS = {
    "max_body_bytes": 1_000_000,
    "xero": {
        "nz": {"tenant_id": TENANT.upper(), "webhook_keys": [XERO_KEY, OLD_XERO_KEY]},
        "au": {"tenant_id": "22222222-2222-4333-8444-555555555555", "webhook_keys": ["key-of-another-app"]},
    },
    "salesforce": {
        "main": {
            "url": "https://main.my.salesforce.com",
            "client_id": "id",
            "client_secret": "client-secret",
            "org_id": ORG_18,
            "outbound_secrets": [SECRET, OLD_SECRET],
            "change_secrets": [CHANGE_SECRET, OLD_CHANGE_SECRET],
            "change_api_keys": [API_KEY, "shared-api-key"],
        },
        "other": {
            "url": "https://other.my.salesforce.com",
            "client_id": "id",
            "client_secret": "client-secret",
            "org_id": OTHER_ORG,
            "outbound_secrets": [OTHER_SECRET],
            "change_api_keys": [OTHER_API_KEY, "shared-api-key"],
        },
    },
}


@dataclass
class Inbox:
    """Fulfils `Accept`: what was committed, in order; nothing while the disk is `full`."""

    events: list[Event] = field(default_factory=list)
    sequences: list[SequenceRange] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    commits: int = 0
    full: bool = False

    async def accept(self, events: Sequence[Event], *, sequence: SequenceRange | None, arrival: Arrival) -> None:
        if self.full:
            raise StoreUnavailable("disk full")
        self.commits += 1
        self.events.extend(events)
        self.arrivals.append(arrival)
        if sequence:
            self.sequences.append(sequence)

    @property
    def only(self) -> Event:
        """The one event that was accepted."""
        (event,) = self.events
        return event


@dataclass
class Door:
    """The routes behind an HTTP client, and where their events go."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    inbox: Inbox = field(default_factory=Inbox)
    settings: Mapping[str, object] = field(default_factory=lambda: SETTINGS)

    @property
    def application(self) -> Starlette:
        settings = Settings.model_validate(self.settings)
        return Starlette(routes=routes(FrontDoor.of(settings, accept=self.inbox.accept, clock=self.clock)))

    async def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    ) -> httpx.Response:
        """Post `body`. An error of our own is raised, never answered."""
        transport = httpx.ASGITransport(self.application)
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        raw = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
        async with httpx.AsyncClient(transport=transport, base_url="https://crossbook.test") as client:
            return await client.post(path, content=body, headers=raw)

    async def xero(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Push as Xero does; signed rightly unless a `signature` is given."""
        given = xero_signature(body) if signature is None else signature
        headers = {"content-type": "application/json; charset=utf-8", "x-xero-signature": given}
        return await self.post("/webhooks/xero", body, headers)

    async def outbound(self, body: bytes, secret: str = SECRET) -> httpx.Response:
        """Push an outbound message."""
        headers = {"content-type": "text/xml; charset=UTF-8", "soapaction": '""'}
        return await self.post(f"/webhooks/salesforce/outbound/{secret}", body, headers)

    async def changes(self, document: object, **headers: str) -> httpx.Response:
        """Push change events with the API key, unless `headers` say otherwise."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()} or {"x-api-key": API_KEY}
        return await self.post("/webhooks/salesforce/changes", body, {"content-type": "application/json", **named})

    async def signed_changes(
        self, document: object, *, secret: str = CHANGE_SECRET, id: str = "msg_1", age_seconds: int = 0
    ) -> httpx.Response:
        """Push change events signed by the Standard Webhooks scheme."""
        body = json.dumps(document)
        at = int(self.clock.now().timestamp()) - age_seconds
        return await self.changes(
            body.encode(),
            webhook_id=id,
            webhook_timestamp=str(at),
            webhook_signature=standard_signature(body, id=id, at=at, secret=secret),
        )


def xero_signature(body: bytes, key: str = XERO_KEY) -> str:
    """What Xero puts into its header."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def standard_signature(body: str, *, id: str, at: int, secret: str) -> str:
    """What the reference library of the scheme puts into its header."""

    signature: str = Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body)
    return signature
