"""The simulated Xero: the truth of its organisations and of the apps that are connected to them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from starlette.responses import Response

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.faults import Faults
from app.simulator.ids import Ids
from app.simulator.journal import Journal
from app.simulator.pushing import PushLine, Spawn
from app.simulator.xero.answers import Paging, envelope
from app.simulator.xero.books import Books
from app.simulator.xero.connections import Connections
from app.simulator.xero.contacts.book import ContactBook
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.idempotency import Idempotency
from app.simulator.xero.identity import USER, Identity, XeroApp
from app.simulator.xero.limits import APP_MINUTE, MINUTE, Limits, Window
from app.simulator.xero.odd import oddly
from app.simulator.xero.people import People
from app.simulator.xero.webhooks import Webhooks


@dataclass(slots=True)
class Consenting:
    """Who consents next at the sign-in page, and to which organisations; none stands for the first."""

    user: str = USER
    tenants: Sequence[str] = ()


class XeroWorld:
    """Xero in memory, with one organisation to begin with. Oracles read `contacts` and `journal`.

    `latency_seconds` is how long every API call takes, by the clock; `facts` is how Xero behaves where nobody knows;
    `window_phase_seconds` is when the minutes and days of the first organisation begin, None with their first call.
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
        facts: XeroFacts | None = None,
        app_minute_limit: int = APP_MINUTE,
        window_phase_seconds: float | None = None,
    ) -> None:
        self.clock = clock
        self.facts = facts or XeroFacts()
        self.latency_seconds = latency_seconds
        self.journal = Journal()
        self.faults = Faults()
        self.lines: list[PushLine] = []
        self.identity = Identity(clock, ids, apps, self.facts)
        self.connections = Connections(clock, ids)
        self.consenting = Consenting()
        self.idempotency = Idempotency(clock)
        self.webhooks: Webhooks | None = None
        self._ids = ids
        self._apps = apps
        self._app_minutes: dict[str, Window] = {}
        self._app_minute_limit = app_minute_limit
        self._organisations: dict[str, Books] = {}
        self.first = self.open_books(
            tenant_id,
            "Simulated organisation",
            daily_limit=daily_limit,
            window_phase_seconds=window_phase_seconds,
        )
        for consent in self.identity.consents:
            self.connections.connect(consent, tenant_id)

    @property
    def tenant_id(self) -> str:
        """The tenant id of the first organisation."""
        return self.first.tenant_id

    @property
    def contacts(self) -> ContactBook:
        """The contacts of the first organisation."""
        return self.first.contacts

    @property
    def organisations(self) -> Mapping[str, Books]:
        """All organisations by tenant id."""
        return self._organisations

    @property
    def people(self) -> People:
        """The bookkeepers of the first organisation."""
        return People(self.first)

    def open_books(
        self, tenant_id: str, name: str, *, daily_limit: int = 5000, window_phase_seconds: float | None = None
    ) -> Books:
        """A further organisation. Apps reach it once a user has connected it."""
        books = Books(
            self.clock,
            self._ids,
            self.journal,
            self.facts,
            tenant_id=tenant_id.lower(),
            name=name,
            daily_limit=daily_limit,
            window_phase_seconds=window_phase_seconds,
        )
        self._keep(books)
        return books

    def reset_demo_company(self) -> Books:
        """Begin the first organisation anew: empty books, a new tenant id, no connection. The old id is gone."""
        old = self.first
        self.connections.end_tenant(old.tenant_id)
        del self._organisations[old.tenant_id]
        self.first = self.open_books(self.new_id(), old.name, daily_limit=old.daily_limit)
        return self.first

    def name_of(self, tenant_id: str) -> str:
        """The name of an organisation, blank when there is none."""
        books = self._organisations.get(tenant_id)
        return books.name if books else ""

    def new_id(self) -> str:
        """A new random GUID."""
        return str(self._ids())

    def envelope(self, plural: str, rows: list[Json], paging: Paging | None = None) -> Response:
        """The answer to a successful call, in the shape that the facts say."""
        shown = [oddly(row) for row in rows] if self.facts.odd_json else rows
        now = self.clock.now() if self.facts.date_time_sent else None
        return envelope(self.new_id(), now, plural, shown, paging)

    def limits(self, app: XeroApp, books: Books | None = None) -> Limits:
        """What `app` has used of an organisation, of the first if none is named."""
        if app.name not in self._app_minutes:
            word, rolling = self.facts.app_minute_word, self.facts.windows == "rolling"
            self._app_minutes[app.name] = Window(word, self._app_minute_limit, MINUTE, rolling=rolling)
        return (books or self.first).limits(app, self._app_minutes[app.name])

    def refusals(self) -> Counter[str]:
        """How often callers broke a limit, by limit. Ordered faults do not count."""
        return sum((books.refusals() for books in self._organisations.values()), Counter())

    def revoke_tokens(self) -> None:
        """Let every access token end now."""
        self.identity.revoke_access()

    def revoke_consents(self) -> None:
        """Take back what every user consented to: all tokens end, and what the users connected is disconnected."""
        self.identity.revoke_all()
        for consent in self.identity.consents:
            self.connections.end_all(consent)

    def leave_calls(self, calls: int) -> None:
        """Use up the day's calls of every app at every organisation but for so many."""
        for books in self._organisations.values():
            for app in self._apps:
                self.limits(app, books).day.leave(calls, self.clock.now())

    def push_webhooks(self, *, url: str, key: str, client: httpx.AsyncClient, spawn: Spawn) -> Webhooks:
        """Send a webhook to `url` for every write from now on, in whichever organisation."""
        line = PushLine("webhook", url, client=client, clock=self.clock, spawn=spawn, journal=self.journal)
        apps = frozenset(app.name for app in self._apps if not app.person)
        self.webhooks = Webhooks(line, self._ids, self.facts, key=key, apps=apps)
        self.lines.append(line)
        for books in self._organisations.values():
            self.webhooks.listen(books)
        return self.webhooks

    def _keep(self, books: Books) -> None:
        self._organisations[books.tenant_id] = books
        if self.webhooks:
            self.webhooks.listen(books)
