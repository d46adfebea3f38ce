"""The four connectors that must behave alike, each with a vendor behind it and people who work there."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Protocol

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connectors.memory import MemoryVendor
from app.connectors.salesforce import connect as salesforce
from app.connectors.salesforce import reading as salesforce_reading
from app.connectors.usage import Usage
from app.connectors.xero import connect as xero
from app.connectors.xero import quotas as xero_quotas
from app.connectors.xero import reading as xero_reading
from app.engine.actions import Element, Verb
from app.engine.events import Priority
from app.engine.ports import Connector
from app.errors import Doubtful, OutOfQuota, Unreachable
from app.mapping.values import Fields, System
from app.settings import SalesforceConnection, XeroConnection
from app.simulator.credentials import Credentials
from app.simulator.faults import Fault
from app.simulator.ids import seeded_ids
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.objects import OBJECTS as SALESFORCE
from app.simulator.salesforce.objects import ObjectType
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.salesforce.transaction import Record, Writer
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.app import xero_app
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import XeroWorld
from tests.connectors.vault import Vault
from tests.support.clock import VirtualClock

ADDRESS = "http://127.0.0.1"
TENANT = "11111111-2222-4333-8444-555555555555"
ORG = "00D5Y000001MPM7UAO"

OBJECTS = {System.SALESFORCE: "Account", System.XERO: "Contact"}
KEYS = {System.SALESFORCE: "Xero_Contact_Id__c", System.XERO: "ContactNumber"}
DETAILS = {System.SALESFORCE: "Website", System.XERO: "EmailAddress"}
UNKNOWN = {System.SALESFORCE: "0019900000000000AAA"[:15] + "AAA", System.XERO: "ffffffff-0000-4000-8000-000000000000"}


class Bench(Protocol):
    """A connector, and the people at the other end of it."""

    @property
    def connector(self) -> Connector: ...

    @property
    def page_size(self) -> int:
        """How many records one page of a scan holds."""
        ...

    def put(self, id: str | None, fields: Fields) -> str:
        """A person creates or edits a record."""
        ...

    def archive(self, id: str) -> None:
        """A person archives a record; where the system cannot, deletes it."""
        ...

    def merge(self, loser: str, survivor: str) -> None:
        """A person merges a record into another."""
        ...

    def fail(self, fault: Fault, method: str) -> None:
        """The next call of this HTTP method goes wrong."""
        ...

    def end_sign_in(self) -> None:
        """The access in use is worth nothing from now on."""
        ...


class MemoryBench:
    """The vendor in memory, as either system."""

    def __init__(self, system: System, clock: VirtualClock) -> None:
        self.vendor = self.connector = MemoryVendor(system, clock)
        self.page_size = 100
        self._object = OBJECTS[system]
        self._clock = clock

    def put(self, id: str | None, fields: Fields) -> str:
        return self.vendor.put(self._object, id, fields)

    def archive(self, id: str) -> None:
        self.vendor.archive(self._object, id)

    def merge(self, loser: str, survivor: str) -> None:
        self.vendor.merge(self._object, loser, survivor)

    def fail(self, fault: Fault, method: str) -> None:
        carried_out = fault is Fault.ERROR_AFTER_COMMIT
        errors = {Fault.TOO_MANY: OutOfQuota("429", until=self._clock.now()), Fault.UNAVAILABLE: Unreachable("503")}
        self.vendor.fail_next(errors.get(fault, Doubtful("500", answered=True)), carried_out=carried_out)

    def end_sign_in(self) -> None:
        pass


class XeroBench:
    """The Xero connector against the simulated Xero."""

    def __init__(self, clock: VirtualClock, facts: XeroFacts | None = None) -> None:
        app = XeroApp("crossbook", Credentials("client", "secret"), refresh_token="first")
        self.world = XeroWorld(clock, seeded_ids(1), tenant_id=TENANT, apps=[app], facts=facts)
        self.page_size = xero_reading.PAGE_SIZE
        settings = XeroConnection.model_validate(
            {
                "client_id": "client",
                "client_secret": "secret",
                "tenant_id": TENANT,
                "refresh_token": "first",
                "api_url": ADDRESS,
                "identity_url": ADDRESS,
            }
        )
        quota = xero_quotas.organisation_quota(settings, redis=None, clock=clock, new_id=_permits())
        self.lists: list[str] = []
        self.broken_lists = 0
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self._watched(xero_app(self.world))))
        self.usage = Usage()
        meter = self.usage.meter(System.XERO, "nz")
        self.vault = Vault(now=clock.now)
        access = xero.access_to("nz", settings, client=client, clock=clock, vault=self.vault, owner="test")
        self.connector = xero.connect(
            "nz", settings, client=client, clock=clock, access=access, quota=quota, meter=meter
        )

    def _watched(self, app: ASGIApp) -> ASGIApp:
        """Notes who asks for the connections, and lets that fail with status `broken_lists` if there is one."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == "/connections":
                self.lists.append(scope["path"])
                if self.broken_lists:
                    await Response(status_code=self.broken_lists)(scope, receive, send)
                    return
            await app(scope, receive, send)

        return watched

    def put(self, id: str | None, fields: Fields) -> str:
        book = self.world.contacts
        if id is None:
            return book.create(fields, writer="person", person=True).id
        return book.update(self._contact(id), fields, writer="person", person=True).id

    async def write(self, fields: Fields) -> None:
        """We create a contact."""
        elements = [Element(id=None, fields=fields)]
        request = self.connector.prepare(Verb.CREATE, "Contact", elements, "key-1")
        await self.connector.send(request, Verb.CREATE, "Contact", elements, Priority.PUSH)

    def archive(self, id: str) -> None:
        self.put(id, {"ContactStatus": "ARCHIVED"})

    def merge(self, loser: str, survivor: str) -> None:
        self.world.contacts.merge(self._contact(loser), self._contact(survivor), writer="person")

    def fail(self, fault: Fault, method: str) -> None:
        self.world.faults.order(fault, method=method)

    def end_sign_in(self) -> None:
        self.world.revoke_tokens()

    def _contact(self, id: str) -> Contact:
        contact = self.world.contacts.get(id)
        assert contact
        return contact


class SalesforceBench:
    """The Salesforce connector against the simulated Salesforce."""

    def __init__(
        self, clock: VirtualClock, facts: SalesforceFacts | None = None, objects: Mapping[str, ObjectType] = SALESFORCE
    ) -> None:
        user = SalesforceClient("crossbook", Credentials("client", "secret"), "0055g0000000002AAA")
        self.world = SalesforceWorld(clock, seeded_ids(2), org_id=ORG, clients=[user], facts=facts, objects=objects)
        self.page_size = salesforce_reading.PAGE_SIZE
        settings = SalesforceConnection.model_validate(
            {"url": ADDRESS, "client_id": "client", "client_secret": "secret", "org_id": ORG}
        )
        client = httpx.AsyncClient(transport=httpx.ASGITransport(salesforce_app(self.world)))
        self.usage = Usage()
        meter = self.usage.meter(System.SALESFORCE, "main")
        quota = salesforce.org_quota(settings, redis=None, clock=clock, new_id=_permits())
        self.connector = salesforce.connect(
            "main", settings, client=client, clock=clock, vault=Vault(), owner="test", quota=quota, meter=meter
        )
        self._person = Writer("person", "0055g0000000001AAA")

    def put(self, id: str | None, fields: Fields) -> str:
        with self.world.records.transaction(self._person) as transaction:
            if id is None:
                return transaction.create("Account", fields).id
            return transaction.update(self._account(id), fields).id

    def archive(self, id: str) -> None:
        with self.world.records.transaction(self._person) as transaction:
            transaction.delete(self._account(id))

    def merge(self, loser: str, survivor: str) -> None:
        with self.world.records.transaction(self._person) as transaction:
            transaction.delete(self._account(loser), master_id=survivor)

    def fail(self, fault: Fault, method: str) -> None:
        self.world.faults.order(fault, method=method)

    def end_sign_in(self) -> None:
        self.world.revoke_tokens()

    def _account(self, id: str) -> Record:
        record = self.world.records.get(self.world.records.kind("Account"), id)
        assert record
        return record


def _permits() -> Callable[[], str]:
    return map("permit-{}".format, count()).__next__


BENCHES: Mapping[str, Callable[[VirtualClock], Bench]] = {
    "memory-salesforce": lambda clock: MemoryBench(System.SALESFORCE, clock),
    "memory-xero": lambda clock: MemoryBench(System.XERO, clock),
    "salesforce": SalesforceBench,
    "xero": XeroBench,
}
