"""The route of tokens."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.credentials import read_form, shown_credentials
from app.simulator.salesforce.sessions import TokenRefused
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer


def session_routes(world: SalesforceWorld) -> list[Route]:
    """`/services/oauth2/token`; the instance is wherever the caller reached us."""

    async def token(request: Request) -> Response:
        form = await read_form(request)
        instance_url = str(request.base_url).rstrip("/")
        try:
            granted = world.sessions.grant(shown_credentials(request, form), form.get("grant_type", ""), instance_url)
        except TokenRefused as refused:
            return answer({"error": refused.error, "error_description": refused.description}, 400)
        return answer(granted)

    return [Route("/services/oauth2/token", token, methods=["POST"])]
