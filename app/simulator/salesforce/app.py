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
from app.simulator.salesforce.answers import Refusal, not_found
from app.simulator.salesforce.collections import collection_routes
from app.simulator.salesforce.metadata import metadata_routes
from app.simulator.salesforce.queries import query_routes
from app.simulator.salesforce.replication import replication_routes
from app.simulator.salesforce.rows import row_routes
from app.simulator.salesforce.session_routes import session_routes
from app.simulator.salesforce.transaction import Record, Writer
from app.simulator.salesforce.world import SalesforceWorld

ADMIN = Writer("person", "0055g0000000001AAA")
"""Who acts on the admin routes: a person at the screens."""


def salesforce_app(world: SalesforceWorld) -> Starlette:
    """Everything that the simulated Salesforce answers."""
    act = _SalesforceAdmin(world)
    routes = [
        *session_routes(world),
        *query_routes(world),
        *collection_routes(world),
        *metadata_routes(world),
        *replication_routes(world),
        *row_routes(world),
        *admin_routes(world),
        Route("/simulator/records/{record_id}/undelete", act.undelete, methods=["POST"]),
        Route("/simulator/records/{record_id}/merge", act.merge, methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _SalesforceAdmin:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    async def undelete(self, request: Request) -> Response:
        try:
            record = self._record(request.path_params["record_id"])
            with self._world.records.transaction(ADMIN) as transaction:
                transaction.undelete(record)
        except Refusal as refusal:
            return refusal.as_answer()
        return Response(status_code=204)

    async def merge(self, request: Request) -> Response:
        try:
            loser = self._record(request.path_params["record_id"])
            winner = self._record(request.query_params.get("into", ""))
            with self._world.records.transaction(ADMIN) as transaction:
                transaction.delete(loser, master_id=winner.id)
                transaction.update(winner, {})
        except Refusal as refusal:
            return refusal.as_answer()
        return Response(status_code=204)

    def _record(self, record_id: str) -> Record:
        found = (self._world.records.get(kind, record_id) for kind in self._world.objects.values())
        record = next((record for record in found if record), None)
        if record is None:
            raise not_found()
        return record
