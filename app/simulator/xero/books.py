"""One organisation of the simulated Xero: its books, and what apps have used of it."""

from collections import Counter

from app.engine.ports import Clock
from app.simulator.ids import Ids
from app.simulator.journal import Journal
from app.simulator.xero.contacts.book import ContactBook
from app.simulator.xero.documents.book import DocumentBook
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.limits import Limits, Window


class Books:
    """An organisation. While `offline` its API answers 503 to apps; people go on working.

    `window_phase_seconds` is when its minutes and days begin; None lets each begin with its first call.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        journal: Journal,
        facts: XeroFacts,
        *,
        tenant_id: str,
        name: str,
        daily_limit: int = 5000,
        window_phase_seconds: float | None = None,
    ) -> None:
        self.tenant_id = tenant_id
        self.name = name
        self.offline = False
        self.daily_limit = daily_limit
        self.contacts = ContactBook(clock, ids, journal, facts)
        self.documents = DocumentBook(clock, ids, journal, self.contacts)
        self._clock = clock
        self._rolling = facts.windows == "rolling"
        self._phase_seconds = window_phase_seconds
        self._limits: dict[str, Limits] = {}

    def limits(self, app: XeroApp, app_minute: Window) -> Limits:
        """What `app` has used here; `app_minute` is what it has used of all organisations together."""
        if app.name not in self._limits:
            self._limits[app.name] = Limits(
                self._clock,
                self.daily_limit,
                app_minute,
                phase_seconds=self._phase_seconds,
                rolling=self._rolling,
            )
        return self._limits[app.name]

    def refusals(self) -> Counter[str]:
        """How often callers broke a limit here, by limit. Ordered faults do not count."""
        return sum((limits.refusals for limits in self._limits.values()), Counter())
