"""The simulated Xero as a web application.

Besides the admin routes of `app.simulator.admin` it has

POST /simulator/webhooks/intent-to-receive          ask the receiver as the portal does: passed or not
POST /simulator/contacts/{id}/merge?into={id}       merge a contact into another, as Xero's screens do
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.admin import admin_routes
from app.simulator.wire import answer
from app.simulator.xero.answers import not_found
from app.simulator.xero.contacts.routes import contact_routes
from app.simulator.xero.identity_routes import identity_routes
from app.simulator.xero.organisation import organisation_routes
from app.simulator.xero.world import XeroWorld


def xero_app(world: XeroWorld) -> Starlette:
    """Everything that the simulated Xero answers."""
    routes = [
        *identity_routes(world),
        *contact_routes(world),
        *organisation_routes(world),
        *admin_routes(world),
        *_own_admin_routes(world),
    ]
    return Starlette(routes=routes)


def _own_admin_routes(world: XeroWorld) -> list[Route]:
    act = _XeroAdmin(world)
    return [
        Route("/simulator/webhooks/intent-to-receive", act.intent_to_receive, methods=["POST"]),
        Route("/simulator/contacts/{contact_id}/merge", act.merge, methods=["POST"]),
    ]


class _XeroAdmin:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    async def intent_to_receive(self, request: Request) -> Response:
        webhooks = self._world.webhooks
        return answer(await webhooks.intent_to_receive()) if webhooks else not_found()

    async def merge(self, request: Request) -> Response:
        book = self._world.contacts
        loser, survivor = book.get(request.path_params["contact_id"]), book.get(request.query_params.get("into", ""))
        if loser is None or survivor is None:
            return not_found()
        book.merge(loser, survivor, writer="person")
        return Response(status_code=204)
