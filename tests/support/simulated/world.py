"""A world whose vendors are the simulators, reached by the real connectors over HTTP within the process."""

import httpx
from pydantic import SecretStr

from app.mapping.model import Sync
from app.runtime import Connections, VendorConnections
from app.settings import Settings
from app.simulator.ids import seeded_ids
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.simulated.line import Lines
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import ORG, TENANT, World

SALESFORCE_PORT, XERO_PORT = 8010, 8020
VAULT_KEY = SecretStr("a key of thirty-two characters ..")


class SimulatedWorld(World):
    """Real connectors, real sign-in, tokens in the database's vault, a quota of this process's own.

    It lives on a virtual loop (`tests.support.virtual_loop`): who waits for a vendor waits no time.
    """

    salesforce: SimulatedSalesforce
    xero: SimulatedXero

    def __init__(self, database: Database, clock: VirtualClock, sync: Sync | None = None) -> None:
        self.lines = Lines()
        super().__init__(database, clock, sync)

    def _meet_vendors(self) -> None:
        self.salesforce = SimulatedSalesforce(self.clock, seeded_ids(2), org_id=ORG, port=SALESFORCE_PORT)
        self.xero = SimulatedXero(self.clock, seeded_ids(1), tenant_id=TENANT, port=XERO_PORT)
        self.lines.by_port = {SALESFORCE_PORT: self.salesforce.line, XERO_PORT: self.xero.line}

    def _settings(self) -> Settings:
        return Settings(salesforce={"main": self.salesforce.settings}, xero={"main": self.xero.settings})

    def _connections(self, worker: str) -> Connections:
        client = httpx.AsyncClient(transport=self.lines, trust_env=False)
        vault = DatabaseTokenVault(self.database, Vault([VAULT_KEY]))
        return VendorConnections(self._settings(), client, None, vault, self.clock, worker)
