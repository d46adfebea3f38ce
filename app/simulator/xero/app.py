"""The simulated Xero as a web application.

Besides the admin routes of `app.simulator.admin` it has

POST /simulator/webhooks/intent-to-receive          ask the receiver as the portal does: passed or not
POST /simulator/webhooks/off                        switch the webhook off; what happens meanwhile waits
POST /simulator/webhooks/on                         switch it on again, which sends what waited
POST /simulator/contacts/{id}/merge?into={id}       merge a contact into another, as Xero's screens do
POST /simulator/contacts/{id}/invoice?total={n}     approve an invoice of a contact
POST /simulator/invoices/{id}/payment?amount={n}    pay an invoice in part or in full
POST /simulator/organisation/offline?yes=true       take the organisation offline, or back with yes=false
POST /simulator/organisation/disconnect             end every app's connection, as a user does in Xero
POST /simulator/organisation/reset                  reset the demo company: a new tenant id, empty books, no connection
POST /simulator/consent?user={name}&tenants={id}    who consents next at the sign-in page, and to what
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.admin import admin_routes
from app.simulator.wire import answer
from app.simulator.xero.answers import not_found
from app.simulator.xero.contacts.routes import contact_routes
from app.simulator.xero.documents.entering import entering_routes
from app.simulator.xero.documents.routes import document_routes
from app.simulator.xero.identity import USER
from app.simulator.xero.identity_routes import identity_routes
from app.simulator.xero.organisation import organisation_routes
from app.simulator.xero.world import Consenting, XeroWorld


def xero_app(world: XeroWorld) -> Starlette:
    """Everything that the simulated Xero answers."""
    routes = [
        *identity_routes(world),
        *contact_routes(world),
        *document_routes(world),
        *entering_routes(world),
        *organisation_routes(world),
        *admin_routes(world),
        *_own_admin_routes(world),
    ]
    return Starlette(routes=routes)


def _own_admin_routes(world: XeroWorld) -> list[Route]:
    act = _XeroAdmin(world)
    return [
        Route("/simulator/webhooks/intent-to-receive", act.intent_to_receive, methods=["POST"]),
        Route("/simulator/webhooks/off", act.webhook_off, methods=["POST"]),
        Route("/simulator/webhooks/on", act.webhook_on, methods=["POST"]),
        Route("/simulator/contacts/{contact_id}/merge", act.merge, methods=["POST"]),
        Route("/simulator/organisation/offline", act.offline, methods=["POST"]),
        Route("/simulator/organisation/disconnect", act.disconnect, methods=["POST"]),
        Route("/simulator/organisation/reset", act.reset, methods=["POST"]),
        Route("/simulator/consent", act.consent, methods=["POST"]),
    ]


class _XeroAdmin:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    async def intent_to_receive(self, request: Request) -> Response:
        webhooks = self._world.webhooks
        return answer(await webhooks.intent_to_receive()) if webhooks else not_found()

    async def webhook_off(self, request: Request) -> Response:
        if self._world.webhooks is None:
            return not_found()
        self._world.webhooks.disable()
        return _DONE

    async def webhook_on(self, request: Request) -> Response:
        if self._world.webhooks is None:
            return not_found()
        self._world.webhooks.enable()
        return _DONE

    async def merge(self, request: Request) -> Response:
        try:
            self._world.people.merge(request.path_params["contact_id"], request.query_params.get("into", ""))
        except LookupError:
            return not_found()
        return _DONE

    async def offline(self, request: Request) -> Response:
        self._world.first.offline = request.query_params.get("yes", "true") != "false"
        return _DONE

    async def disconnect(self, request: Request) -> Response:
        self._world.connections.end_tenant(self._world.tenant_id)
        return _DONE

    async def reset(self, request: Request) -> Response:
        return answer({"tenantId": self._world.reset_demo_company().tenant_id})

    async def consent(self, request: Request) -> Response:
        query = request.query_params
        tenants = [tenant for tenant in query.get("tenants", "").split(",") if tenant]
        self._world.consenting = Consenting(query.get("user", USER), tenants)
        return _DONE


_DONE = Response(status_code=204)
