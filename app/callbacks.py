"""Where a person's browser comes back to after they have consented at Salesforce or Xero.

Nothing is done here but to keep the address for the command that waits for it. Whoever comes without the random state
of such an attempt is told that nobody expects them.
"""

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.addresses import CONNECT
from app.engine.records import System
from app.errors import StoreUnavailable

LONGEST = 4000
"""How many characters the query may have; the vendors' are much shorter."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Crossbook</title>'
    '<body style="font: 1.1rem/1.5 system-ui; max-width: 34rem; margin: 4rem auto; padding: 0 1rem">'
    "<h1>{title}</h1><p>{text}</p></body></html>"
)
_EXPECTED = ("Thank you", "Crossbook has what it needs. Close this page and go back to the terminal.")
_UNEXPECTED = (
    "Nobody expects this",
    "Start again with <code>crossbook connect</code>, and open the address it prints.",
)
_REFUSED = ("No access was given", "Go back to the terminal: it says what can be done.")
_LATER = ("Not now", "The database is away at this moment. Load this page again.")

Note = Callable[[str, str], Awaitable[bool]]
"""Keeps the address for whoever waits for this state; False where nobody does."""

log = structlog.get_logger("web")


def routes(note: Note) -> list[Route]:
    """The one route, for every system."""

    async def come_back(request: Request) -> Response:
        state, query = request.query_params.get("state", ""), request.url.query
        if request.path_params["system"] not in set(System) or not state or len(query) > LONGEST:
            return _answer(_UNEXPECTED, 400)
        try:
            is_expected = await note(state, f"?{query}")
        except StoreUnavailable:
            return _answer(_LATER, 503)
        log.info("connect.came_back", system=request.path_params["system"], status=200 if is_expected else 400)
        if is_expected and "error" in request.query_params:
            return _answer(_REFUSED, 200)
        return _answer(_EXPECTED, 200) if is_expected else _answer(_UNEXPECTED, 400)

    return [Route(CONNECT, come_back, methods=["GET"])]


def _answer(told: tuple[str, str], status: int) -> HTMLResponse:
    title, text = told
    return HTMLResponse(_PAGE.format(title=title, text=text), status_code=status, headers=_HEADERS)
