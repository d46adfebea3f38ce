"""The route of `/Organisation`: who the books belong to."""

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Json
from app.simulator.xero.access import ApiCall, guarded
from app.simulator.xero.answers import envelope
from app.simulator.xero.world import XeroWorld


def organisation_routes(world: XeroWorld) -> list[Route]:
    """The one organisation, always in a list of one."""
    show = _Organisation(world).show
    return [Route("/api.xro/2.0/Organisation", guarded(world, show, "accounting.settings"))]


class _Organisation:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    def show(self, call: ApiCall) -> Response:
        organisation: Json = {
            "OrganisationID": self._world.tenant_id,
            "Name": "Simulated organisation",
            "BaseCurrency": "NZD",
            "CountryCode": "NZ",
            "Timezone": "NEWZEALANDSTANDARDTIME",
            "IsDemoCompany": True,
        }
        return envelope(self._world.new_id(), self._world.clock.now(), "Organisations", [organisation])
