"""Any number of simulated orgs and organisations, and Crossbook's settings and connections to them."""

from collections.abc import Mapping
from typing import NamedTuple

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from app.runtime import Connections, VendorConnections
from app.settings import Settings
from app.simulator.ids import seeded_ids
from app.simulator.pushing import Tasks
from app.simulator.salesforce.envelopes import standard_webhooks
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.objects import OBJECTS, ObjectType
from app.simulator.xero.facts import XeroFacts
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.simulated.line import Lines
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.xero import SimulatedXero, SimulatedXeroApp

VAULT_KEY = SecretStr("a key of thirty-two characters ..")
DOOR_PORT, FIRST_PORT = 8000, 8010


class Facts(NamedTuple):
    """What is true of both systems where nobody knows."""

    salesforce: SalesforceFacts
    xero: XeroFacts


LIKELY = Facts(SalesforceFacts(), XeroFacts())


class Systems:
    """The systems by the names of their connections. All calls and pushes go by `lines`, within the process."""

    def __init__(self, clock: VirtualClock, facts: Facts = LIKELY) -> None:
        self.orgs: dict[str, SimulatedSalesforce] = {}
        self.organisations: dict[str, SimulatedXero] = {}
        self.apps: dict[str, SimulatedXeroApp] = {}
        self.facts = facts
        self.lines = Lines()
        self.clock = clock
        self._spawn = Tasks()

    def add_org(self, name: str, org_id: str, objects: Mapping[str, ObjectType] = OBJECTS) -> SimulatedSalesforce:
        """A Salesforce org behind the connection `name`."""
        port = self._next_port()
        org = SimulatedSalesforce(
            self.clock, seeded_ids(port), org_id=org_id, port=port, objects=objects, facts=self.facts.salesforce
        )
        self.lines.by_port[port] = org.line
        self.orgs[name] = org
        return org

    def add_organisation(self, name: str, tenant_id: str, app: str = "crossbook") -> SimulatedXero:
        """A Xero organisation behind the connection `name`, connected to our app of that name."""
        if app not in self.apps:
            port = self._next_port()
            made = SimulatedXeroApp(
                self.clock, seeded_ids(port), name=app, tenant_id=tenant_id, port=port, facts=self.facts.xero
            )
            self.apps[app] = made
            self.lines.by_port[port] = made.line
        self.organisations[name] = SimulatedXero(self.apps[app], tenant_id)
        return self.organisations[name]

    @property
    def settings(self) -> Settings:
        """What an operator would have set."""
        return Settings(
            salesforce={name: org.settings for name, org in self.orgs.items()},
            xero={name: organisation.settings for name, organisation in self.organisations.items()},
            secret_keys=(VAULT_KEY,),
        )

    def connections(self, database: Database, worker: str, settings: Settings | None = None) -> Connections:
        """Real connections of one process, with a quota of its own and its tokens in the database's vault; by other
        `settings` than those that lead there, where given.
        """
        settings = settings or self.settings
        vault = DatabaseTokenVault(database, Vault(settings.secret_keys))
        return VendorConnections(settings, self._client(), None, vault, self.clock, worker)

    def push_to(self, door: Starlette) -> None:
        """Let every system push to Crossbook's web application, signed as it would be."""
        self.lines.by_port[DOOR_PORT] = httpx.ASGITransport(door, raise_app_exceptions=False)
        client, address = self._client(), f"http://127.0.0.1:{DOOR_PORT}/webhooks"
        for app in self.apps.values():
            app.world.push_webhooks(url=f"{address}/xero", key=app.webhook_key, client=client, spawn=self._spawn)
        for org in self.orgs.values():
            outbound = f"{address}/salesforce/outbound/{org.outbound_secret}"
            org.world.push_outbound_messages(url=outbound, client=client, spawn=self._spawn)
            sign = standard_webhooks(org.change_secret)
            url = f"{address}/salesforce/changes"
            org.world.push_change_events(url=url, client=client, spawn=self._spawn, sign=sign)

    async def close(self) -> None:
        """Stop pushing."""
        await self._spawn.close()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self.lines, trust_env=False)

    def _next_port(self) -> int:
        return FIRST_PORT + len(self.lines.by_port)
