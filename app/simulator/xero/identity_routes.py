"""The routes of tokens and connections."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.credentials import bearer, read_form, shown_credentials
from app.simulator.wire import answer
from app.simulator.xero.answers import problem
from app.simulator.xero.identity import TokenRefused
from app.simulator.xero.world import XeroWorld


def identity_routes(world: XeroWorld) -> list[Route]:
    """`/connect/token` and `/connections`."""

    async def token(request: Request) -> Response:
        form = await read_form(request)
        try:
            granted = world.identity.grant(
                shown_credentials(request, form), form.get("grant_type", ""), form.get("refresh_token", "")
            )
        except TokenRefused as error:
            return answer({"error": str(error)}, 400)
        return answer(granted, headers={"Cache-Control": "no-store"})

    async def connections(request: Request) -> Response:
        access = world.identity.access(bearer(request))
        if access is None or access.expires_at <= world.clock.now():
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        connected_at = f"{world.connected_at:%Y-%m-%dT%H:%M:%S.%f}"
        connection = {
            "id": world.connection_id,
            "authEventId": world.connection_id,
            "tenantId": world.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": "Simulated organisation",
            "createdDateUtc": connected_at,
            "updatedDateUtc": connected_at,
        }
        return answer([connection])

    return [
        Route("/connect/token", token, methods=["POST"]),
        Route("/connections", connections),
        Route("/Connections", connections),  # the spelling of Xero's own client
    ]
