"""The routes of tokens and of a person's consent."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.simulator.credentials import read_form, shown_credentials
from app.simulator.salesforce.refused import TokenRefused
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer


def session_routes(world: SalesforceWorld) -> list[Route]:
    """`/services/oauth2/token`, and `/services/oauth2/authorize`, where a person says yes at once.

    The instance is wherever the caller reached us.
    """

    async def token(request: Request) -> Response:
        form = await read_form(request)
        host = str(request.base_url).rstrip("/")
        try:
            granted = world.sessions.grant(form, shown_credentials(request, form), host)
        except TokenRefused as refused:
            return answer({"error": refused.error, "error_description": refused.description}, 400)
        return answer(granted)

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        client = world.sessions.named(asked.get("client_id", ""))
        redirect_url = asked.get("redirect_uri", "")
        if client is None or not redirect_url or client.redirect_url not in {"", redirect_url}:
            return answer({"error": "redirect_uri_mismatch"}, 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            led: dict[str, str] = {"error": "invalid_request"}
        else:
            code = world.sessions.consents.give(client.credentials.id, redirect_url, asked.get("code_challenge", ""))
            led = {"code": code}
        return RedirectResponse(f"{redirect_url}?{urlencode({**led, 'state': asked.get('state', '')})}", 302)

    return [
        Route("/services/oauth2/token", token, methods=["POST"]),
        Route("/services/oauth2/authorize", authorize, methods=["GET"]),
    ]
