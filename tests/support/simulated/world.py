"""A world whose vendors are the simulators, reached by the real connectors over HTTP within the process."""

from app.mapping.model import Sync
from app.runtime import Connections
from app.settings import Settings
from app.simulator.salesforce.features import Objects
from app.simulator.salesforce.objects import OBJECTS
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.systems import LIKELY, Facts, Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import ORG, TENANT, World


class SimulatedWorld(World):
    """Real connectors, real sign-in, tokens in the database's vault, a quota of this process's own.

    It lives on a virtual loop (`tests.support.virtual_loop`): who waits for a vendor waits no time.
    """

    salesforce: SimulatedSalesforce
    xero: SimulatedXero

    def __init__(
        self,
        database: Database,
        clock: VirtualClock,
        sync: Sync | None = None,
        objects: Objects = OBJECTS,
        *,
        facts: Facts = LIKELY,
    ) -> None:
        self.systems = Systems(clock, facts)
        super().__init__(database, clock, sync, objects)

    def _meet_vendors(self) -> None:
        self.salesforce = self.systems.add_org("main", ORG, self.objects)
        self.xero = self.systems.add_organisation("main", TENANT)

    def _settings(self) -> Settings:
        return self.systems.settings

    def _connections(self, worker: str) -> Connections:
        return self.systems.connections(self.database, worker)
