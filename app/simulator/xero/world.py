"""The simulated Xero: the truth of one organisation and of the apps that are connected to it."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import httpx

from app.engine.ports import Clock
from app.simulator.faults import Faults
from app.simulator.ids import Ids
from app.simulator.journal import Journal
from app.simulator.pushing import PushLine, Spawn
from app.simulator.xero.contacts.book import ContactBook
from app.simulator.xero.idempotency import Idempotency
from app.simulator.xero.identity import Identity, XeroApp
from app.simulator.xero.limits import Limits
from app.simulator.xero.webhooks import Webhooks


class XeroWorld:
    """One organisation, in memory. Oracles read `contacts` and `journal`.

    `latency_seconds` is how long every API call takes, by the clock.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        *,
        tenant_id: str,
        apps: Sequence[XeroApp],
        daily_limit: int = 5000,
        latency_seconds: float = 0.0,
    ) -> None:
        self.clock = clock
        self.tenant_id = tenant_id
        self.latency_seconds = latency_seconds
        self.connection_id = str(ids())
        self.connected_at = clock.now()
        self.journal = Journal()
        self.faults = Faults()
        self.lines: list[PushLine] = []
        self.identity = Identity(clock, ids, apps)
        self.contacts = ContactBook(clock, ids, self.journal)
        self.idempotency = Idempotency(clock)
        self.webhooks: Webhooks | None = None
        self._ids = ids
        self._limits: defaultdict[str, Limits] = defaultdict(lambda: Limits(clock, daily_limit))

    def new_id(self) -> str:
        """A new random GUID."""
        return str(self._ids())

    def limits(self, app: XeroApp) -> Limits:
        """What `app` has used on this organisation."""
        return self._limits[app.name]

    def refusals(self) -> Counter[str]:
        """How often callers broke a limit, by limit. Ordered faults do not count."""
        return sum((limits.refusals for limits in self._limits.values()), Counter())

    def revoke_tokens(self) -> None:
        """Let every access token end now."""
        self.identity.revoke_access()

    def push_webhooks(self, *, url: str, key: str, client: httpx.AsyncClient, spawn: Spawn) -> Webhooks:
        """Send a webhook to `url` for every write from now on."""
        line = PushLine("webhook", url, client=client, clock=self.clock, spawn=spawn, journal=self.journal)
        self.webhooks = Webhooks(line, self._ids, tenant_id=self.tenant_id, key=key)
        self.lines.append(line)
        self.contacts.listen(self.webhooks.announce)
        return self.webhooks
