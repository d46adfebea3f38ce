"""The routes of the sign-in page, tokens and connections."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.simulator.credentials import bearer, read_form, shown_credentials
from app.simulator.wire import answer
from app.simulator.xero.answers import problem
from app.simulator.xero.consent import ConsentRefused
from app.simulator.xero.identity import Access, TokenRefused
from app.simulator.xero.world import XeroWorld


def identity_routes(world: XeroWorld) -> list[Route]:
    """`/identity/connect/authorize`, `/connect/token`, `/connect/revocation` and `/connections`."""
    act = _Identity(world)
    return [
        Route("/identity/connect/authorize", act.authorize),
        Route("/connect/token", act.token, methods=["POST"]),
        Route("/connect/revocation", act.revoke, methods=["POST"]),
        Route("/connections", act.connections),
        Route("/Connections", act.connections),  # the spelling of Xero's own client
        Route("/connections/{connection_id}", act.disconnect, methods=["DELETE"]),
        Route("/Connections/{connection_id}", act.disconnect, methods=["DELETE"]),
    ]


class _Identity:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    async def authorize(self, request: Request) -> Response:
        """Consent at once, as the user and with the organisations that the world's `consenting` names."""
        asked = dict(request.query_params)
        where, state = asked.get("redirect_uri", ""), asked.get("state", "")
        if not where:
            return PlainTextResponse("redirect_uri is missing", 400)
        try:
            code, consent = self._world.identity.consented(asked, self._world.consenting.user)
        except ConsentRefused as error:
            return RedirectResponse(f"{where}?{urlencode({'error': str(error), 'state': state})}", 302)
        for tenant_id in self._world.consenting.tenants or [self._world.tenant_id]:
            self._world.connections.connect(consent, tenant_id)
        return RedirectResponse(f"{where}?{urlencode({'code': code, 'state': state})}", 302)

    async def token(self, request: Request) -> Response:
        form = await read_form(request)
        try:
            granted = self._world.identity.grant(shown_credentials(request, form), form)
        except TokenRefused as error:
            return answer({"error": str(error)}, 400)
        return answer(granted, headers={"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        form = await read_form(request)
        try:
            consent = self._world.identity.revoke(shown_credentials(request, form), form.get("token", ""))
        except TokenRefused as error:
            return answer({"error": str(error)}, 400)
        if consent:
            self._world.connections.end_all(consent)
        return Response(status_code=200)

    async def connections(self, request: Request) -> Response:
        access = self._signed_in(request)
        if access is None:
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        found = self._world.connections.of(access.consent, request.query_params.get("authEventId", ""))
        return answer([row.as_json(self._world.name_of(row.tenant_id)) for row in found])

    async def disconnect(self, request: Request) -> Response:
        access = self._signed_in(request)
        if access is None:
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        ended = self._world.connections.end(request.path_params["connection_id"], access.consent)
        return Response(status_code=204 if ended else 404)

    def _signed_in(self, request: Request) -> Access | None:
        access = self._world.identity.access(bearer(request))
        return access if access and access.expires_at > self._world.clock.now() else None
