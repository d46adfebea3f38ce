"""The simulated Salesforce: the truth of one org and of the clients that call it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import httpx

from app.engine.ports import Clock
from app.mapping.values import Fields
from app.simulator.faults import Faults
from app.simulator.ids import Ids
from app.simulator.journal import ChangeType, Journal
from app.simulator.pushing import PushLine, Spawn
from app.simulator.salesforce.answers import Refusal, stamp
from app.simulator.salesforce.change_events import ChangeEvents
from app.simulator.salesforce.envelopes import Envelope, Sign
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.locators import Locators
from app.simulator.salesforce.objects import OBJECTS, ObjectType
from app.simulator.salesforce.outbound import OutboundMessages
from app.simulator.salesforce.people import People
from app.simulator.salesforce.records import Records
from app.simulator.salesforce.sessions import SalesforceClient, Sessions
from app.simulator.salesforce.transaction import Record

_STAMPS = ("LastModifiedById", "LastModifiedDate", "SystemModstamp")
OUTBOUND_FIELDS: Mapping[str, Sequence[str]] = {"Account": ("Name", *_STAMPS), "Contact": ("LastName", *_STAMPS)}
DELETIONS = frozenset({ChangeType.DELETE, ChangeType.UNDELETE})


class SalesforceWorld:
    """One org, in memory. Oracles read `records` and `journal`; `people` work at its screens.

    `latency_seconds` is how long every API call takes, by the clock; `facts` are how it behaves where nobody is sure.
    `refused_feeds` is what the feeds answer instead of telling, `feed_lag` how far they are behind. Field-level
    security keeps `hidden_fields`, such as `Account.Phone`, from everybody but persons.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        *,
        org_id: str,
        clients: Sequence[SalesforceClient],
        objects: Mapping[str, ObjectType] = OBJECTS,
        daily_limit: int = 100_000,
        latency_seconds: float = 0.0,
        facts: SalesforceFacts | None = None,
    ) -> None:
        self.facts = facts or SalesforceFacts()
        self.hidden_fields: set[str] = set()
        self.clock = clock
        self.org_id = org_id
        self.objects = objects
        self.daily_limit = daily_limit
        self.latency_seconds = latency_seconds
        self.calls_used = 0
        self.feed_lag = timedelta()
        self.refused_feeds: Refusal | None = None
        self.journal = Journal()
        self.faults = Faults()
        self.lines: list[PushLine] = []
        self.sessions = Sessions(clock, ids, org_id, clients, self.facts)
        self.records = Records(clock, ids, self.journal, objects, self.facts)
        self.people = People(self.records)
        self.locators = Locators(clock)
        self._ids = ids
        self._add_organization()

    def behave(self, facts: SalesforceFacts) -> None:
        """Be as `facts` say from now on; pushes that were set up before stay as they are."""
        self.facts = self.sessions.facts = self.records.facts = facts

    def revoke_tokens(self) -> None:
        """End every session."""
        self.sessions.end_all()

    def revoke_consents(self) -> None:
        """Take back what every person consented to, and end every session."""
        self.sessions.forget_consent()
        self.sessions.end_all()

    def leave_calls(self, calls: int) -> None:
        """Use up the day's calls but for so many."""
        self.calls_used = max(self.calls_used, self.daily_limit - calls)

    def push_outbound_messages(
        self,
        *,
        url: str,
        client: httpx.AsyncClient,
        spawn: Spawn,
        fields: Mapping[str, Sequence[str]] = OUTBOUND_FIELDS,
    ) -> None:
        """Send an outbound message to `url` for every create and update of the objects in `fields`."""
        line = self._line("outbound message", url, client, spawn)
        for object, names in fields.items():
            kind = self.records.kind(object)
            messages = OutboundMessages(line, self.records, self.org_id, kind, names, self.facts)
            self.records.listen(messages.announce)

    def push_change_events(
        self,
        *,
        url: str,
        client: httpx.AsyncClient,
        spawn: Spawn,
        sign: Sign,
        envelope: Envelope = Envelope.EVENTBRIDGE,
        types: Collection[ChangeType] = DELETIONS,
        together: int = 1,
    ) -> None:
        """Post change events of these types to `url`, as a relay does; up to `together` of them as one list."""
        line = self._line("change event", url, client, spawn)
        events = ChangeEvents(
            line,
            self._ids,
            self.org_id,
            sign=sign,
            envelope=envelope,
            types=types,
            most=together,
            facts=self.facts,
        )
        self.records.listen(events.announce)

    def _add_organization(self) -> None:
        """The org's own record, which nobody writes."""
        kind = self.records.kind("Organization")
        now = stamp(self.clock.now())
        known: Fields = {
            "Id": self.org_id,
            "IsDeleted": False,
            "CreatedDate": now,
            "LastModifiedDate": now,
            "SystemModstamp": now,
            "Name": "Simulated org",
            "IsSandbox": True,
            "OrganizationType": "Developer Edition",
            "InstanceName": "SIM1",
            "DefaultLocaleSidKey": "en_NZ",
            "TimeZoneSidKey": "Pacific/Auckland",
        }
        fields = {field.name: known.get(field.name) for field in kind.fields.values()}
        self.records.put(Record(kind, self.org_id, fields))

    def _line(self, name: str, url: str, client: httpx.AsyncClient, spawn: Spawn) -> PushLine:
        line = PushLine(name, url, client=client, clock=self.clock, spawn=spawn, journal=self.journal)
        self.lines.append(line)
        return line
