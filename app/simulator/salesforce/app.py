"""The simulated Salesforce as a web application.

Besides the admin routes of `app.simulator.admin` it has

POST /simulator/records/{id}/undelete          take a record out of the recycle bin
POST /simulator/records/{id}/merge?into={id}   merge a record into another, as Salesforce's screens do
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.admin import admin_routes
from app.simulator.salesforce.access import Table, api_routes
from app.simulator.salesforce.answers import Refusal, not_found
from app.simulator.salesforce.collections import collection_table
from app.simulator.salesforce.composite import composite_table
from app.simulator.salesforce.metadata import metadata_table, versions
from app.simulator.salesforce.people import WRITER
from app.simulator.salesforce.queries import query_table
from app.simulator.salesforce.replication import replication_table
from app.simulator.salesforce.rows import row_table
from app.simulator.salesforce.session_routes import session_routes
from app.simulator.salesforce.transaction import Record
from app.simulator.salesforce.world import SalesforceWorld

ADMIN = WRITER
"""Who acts on the admin routes: a person at the screens."""


def salesforce_app(world: SalesforceWorld) -> Starlette:
    """Everything that the simulated Salesforce answers."""
    act = _SalesforceAdmin(world)
    routes = [
        *session_routes(world),
        Route("/services/data", versions),
        *api_routes(world, _api(world)),
        *admin_routes(world),
        Route("/simulator/records/{record_id}/undelete", act.undelete, methods=["POST"]),
        Route("/simulator/records/{record_id}/merge", act.merge, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _api(world: SalesforceWorld) -> Table:
    """All that needs a session; the routes of single records come last, because theirs fit almost everything."""
    table = (
        *query_table(world),
        *collection_table(world),
        *metadata_table(world),
        *replication_table(world),
        *row_table(world),
    )
    return (*composite_table(world, table), *table)


class _SalesforceAdmin:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    async def undelete(self, request: Request) -> Response:
        try:
            record = self._record(request.path_params["record_id"])
            self._world.people.undelete(record.kind.name, record.id)
        except Refusal as refusal:
            return refusal.as_answer()
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        try:
            loser = self._record(request.path_params["record_id"])
            winner = self._record(request.query_params.get("into", ""))
            self._world.people.merge(loser.kind.name, loser.id, winner.id)
        except Refusal as refusal:
            return refusal.as_answer()
        return Response(status_code=204)

    def _record(self, record_id: str) -> Record:
        found = (self._world.records.get(kind, record_id) for kind in self._world.objects.values())
        record = next((record for record in found if record), None)
        if record is None:
            raise not_found()
        return record
